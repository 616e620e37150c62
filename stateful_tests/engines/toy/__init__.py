"""A small engine and its adapter: the example of `docs/adapters.md`."""
