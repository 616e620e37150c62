"""How the rules are run: concretely, one action at a time, and over every state of a small world."""
