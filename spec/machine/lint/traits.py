"""What a piece of code does to a run: whether it writes, guards, loops, or forks it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator


def called(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names of functions that are called somewhere in `nodes`."""
    calls = (node.func for node in nodes if isinstance(node, ast.Call))
    return {function.id for function in calls if isinstance(function, ast.Name)}


def does(node: ast.AST) -> Iterator[str]:
    """Generate what one node does to a run, calls of functions left out."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
        yield "writes"
    if isinstance(node, ast.For):
        yield "loops"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in ("choose", "choose_each"):
            yield "guards"
        if node.func.attr in ("forall", "same_as"):
            yield "quantifies"
    if forks(node):
        yield "forks"


def forks(node: ast.AST) -> bool:
    """Whether running `node` asks a symbolic value if it is true."""
    chained = isinstance(node, ast.Compare) and len(node.ops) > 1
    return (
        chained
        or isinstance(node, ast.If | ast.IfExp | ast.BoolOp)
        or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not))
    )
