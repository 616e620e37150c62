"""Bugs that can be planted in a hosted release, in memory: one world has one, the next has none.

A plant is a function that replaces single methods of one scheduler's objects; those go with the
scheduler when a host is configured anew, and no class, module or file is ever changed. What it says
of itself is the bug, as a user would tell it.
"""
