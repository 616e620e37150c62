"""Edits of a syntax tree in place: a mutant is made by one, and undone by another."""

from __future__ import annotations

import ast

Place = tuple[str, int | None]
"""Where in its parent a node stands: the field, and the index if that is a list."""


def put(parent: ast.AST, place: Place, new: ast.AST) -> ast.AST:
    """Put `new` in its place and return what was there."""
    field, i = place
    old: ast.AST
    if i is None:
        old = getattr(parent, field)
        setattr(parent, field, new)
    else:
        old = getattr(parent, field)[i]
        getattr(parent, field)[i] = new
    return old
