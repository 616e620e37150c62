"""How the rules are run: one action at a time, and over every state of a small world."""
