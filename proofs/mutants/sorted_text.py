"""The sort of every expression of a function, as the linter finds it: which of them are numbers?"""

from __future__ import annotations

import ast

from spec.machine.lint.body import Body
from spec.machine.lint.expressions import Sort
from spec.machine.lint.text import Function, Text
from spec.machine.lint.words import NUMBERS


class Sorts(Body):
    """Walks a function and remembers the sort of each expression that has one."""

    def __init__(self, text: Text, function: Function) -> None:
        super().__init__(text, function, lambda *_: None)
        self._sorts: dict[ast.AST, Sort] = {}
        self.lint()

    def sort(self, node: ast.expr) -> Sort:
        """Return the sort of an expression, and remember it."""
        self._sorts[node] = found = super().sort(node)
        return found

    def is_number(self, node: ast.AST) -> bool:
        """Whether `node` is a number that could be another one."""
        return self._sorts.get(node) in (*NUMBERS, "0 or 1")
