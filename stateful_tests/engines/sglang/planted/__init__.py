"""Would a bug be caught that is there? Bugs planted in releases, and how each is told."""
