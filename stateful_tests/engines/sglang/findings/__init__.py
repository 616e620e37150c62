"""What the harness has found in releases: each with its minimal trace, and where it comes from."""
