"""How fast things are: each module is a command that prints what it measured."""
