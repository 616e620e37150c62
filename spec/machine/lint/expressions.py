"""Expressions: each is given its sort, and what is wrong in it is reported."""

from __future__ import annotations

import ast

from spec.machine.lint.offence import Report
from spec.machine.lint.text import Cells, Function, Text
from spec.machine.lint.traits import forks
from spec.machine.lint.words import (
    BETWEEN,
    EXPRESSIONS,
    NOT_AN_EXPRESSION,
    NUMBERS,
    PROPERTIES,
    WORDS,
)

Sort = str | None
"""The sort of an expression, named as annotations are; `NIL`, `0 or 1`, or None: not known."""


class Expressions(ast.NodeVisitor):
    """Walks expressions of one function; a sort is None where it is not known."""

    def __init__(self, text: Text, function: Function, report: Report) -> None:
        self.text, self.function, self.report = text, function, report
        self.locals: dict[str, Sort] = {**function.params, **function.own}
        self.loop: ast.For | None = None
        self.in_lambda = False
        self.is_property = function.kind in PROPERTIES

    def cells_of(self, node: ast.expr) -> Cells | None:
        """Return the map that `node` names, if it is one of a state's."""
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute):
                if self.locals.get(name) == "State":
                    return self.text.maps.get(attribute)
        return None

    def fits(self, node: ast.AST, given: Sort, wanted: Sort, verb: str) -> None:
        """Report a value that is not of the sort that its place is of."""
        if not self.alike(given, wanted):
            self.report(node, f"{verb} {given} where {wanted} belongs; {BETWEEN}")

    def alike(self, a: Sort, b: Sort) -> bool:
        """Whether values of the two sorts can meet; what is not known may be anything."""
        if a is None or b is None or a == b:
            return True
        if "NIL" in (a, b):
            return not {a, b} & {*NUMBERS, *self.text.enums, "bool", "0 or 1"}
        numbers = {a, b} & {*NUMBERS, "0 or 1"}
        return len(numbers) == 2 and numbers not in ({"Len", "Index"}, {"Len", "Count"})

    def condition(self, node: ast.expr) -> None:
        """Check what is asked whether it is true."""
        if self.sort(node) not in ("bool", None):
            self.report(node, f"`{ast.unparse(node)}` is no condition: compare it, with NIL or 0")

    def sort(self, node: ast.expr) -> Sort:
        """Return the sort of an expression, and report what is wrong in it."""
        if self.loop and forks(node):
            self.report(node, "a span loop asks nothing: decide before it, or narrow its bounds")
        if isinstance(node, EXPRESSIONS):
            return self.visit(node)
        other = f"`{ast.unparse(node)}` is not in the language: see spec/language.py"
        self.report(node, NOT_AN_EXPRESSION.get(type(node), other))
        return None

    def visit_Constant(self, node: ast.Constant) -> Sort:
        """Check what is written down."""
        if isinstance(node.value, bool):
            return "bool"
        if not isinstance(node.value, int):
            self.report(node, f"{ast.unparse(node)} is no value of the state: write NIL, a number,"
                              " a flag or a member of an enumeration")  # fmt: skip
            return None
        if node.value not in (0, 1):
            self.report(node, f"{node.value} is written: a rule writes down only 0 and 1;"
                              " make other numbers a constant in spec/state.py")  # fmt: skip
        return "0 or 1"

    def visit_Name(self, node: ast.Name) -> Sort:
        """Look a name up."""
        return "NIL" if node.id == "NIL" else self.locals.get(node.id)

    def visit_BoolOp(self, node: ast.BoolOp) -> Sort:
        """Check each part."""
        for part in node.values:
            self.condition(part)
        return "bool"

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Sort:
        """Check `not`."""
        if isinstance(node.op, ast.Not):
            self.condition(node.operand)
            return "bool"
        self.report(node, "numbers count from 0: none is negative")
        return None

    def visit_IfExp(self, node: ast.IfExp) -> Sort:
        """Check a choice between two values of one sort."""
        self.condition(node.test)
        sorts = [self.sort(node.body), self.sort(node.orelse)]
        self.fits(node.orelse, sorts[1], sorts[0], "else gives")
        return next((s for s in sorts if s not in ("NIL", "0 or 1")), sorts[0])

    def visit_Attribute(self, node: ast.Attribute) -> Sort:
        """Check `s.a_constant` or `AnEnum.A_MEMBER`; maps and words are used at once."""
        owner, name = ast.unparse(node.value), node.attr
        if self.locals.get(owner) == "State":
            if name in self.text.maps or name in WORDS:
                use = f"s.{name}[...]" if name in self.text.maps else f"s.{name}(...)"
                self.report(node, f"`{name}` is handed on whole: write `{use}`")
            elif name not in self.text.constants:
                self.report(node, f"the state has no `{name}`: declare it in spec/state.py")
            return self.text.constants.get(name)
        if owner not in self.text.enums or name not in self.text.enums[owner]:
            self.report(node, f"`{ast.unparse(node)}` is neither the state's nor an enumeration's")
            return None
        return owner

    def visit_Subscript(self, node: ast.Subscript) -> Sort:
        """Check the keys of a cell that is read or written."""
        declared = self.cells_of(node.value)
        keys = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        given = [self.sort(key) for key in keys]
        if declared is None:
            if isinstance(node.value, ast.Name):
                chosen = self.locals.get(node.value.id) or ""
                return chosen.removeprefix("each ") or None
            self.sort(node.value)
            return None
        if len(given) != len(declared.keys):
            self.report(node, f"{ast.unparse(node.value)} has the keys {', '.join(declared.keys)}")
            return declared.value
        for key, sort, wanted in zip(keys, given, declared.keys, strict=True):
            self.fits(key, sort, wanted, "looks up")
        return declared.value

    def visit_Compare(self, node: ast.Compare) -> Sort:
        """Check a comparison: identities are only equal or not, and numbers of one unit meet."""
        operands = [node.left, *node.comparators]
        sorts = [self.sort(each) for each in operands]
        for op, right, a, b in zip(node.ops, operands[1:], sorts[:-1], sorts[1:], strict=True):
            if isinstance(op, ast.Is | ast.IsNot):
                self.report(node, "`is` sees no symbolic value: write `== NIL` or `!= NIL`")
            elif isinstance(op, ast.In | ast.NotIn):
                self.report(node, "`in` sees no symbolic value: compare with each, joined by `or`")
            elif not isinstance(op, ast.Eq | ast.NotEq) and not self.are_numbers(a, b):
                self.report(node, f"{a} and {b} have no order: compare by `==` or `!=`")
            else:
                self.fits(right, b, a, "compares with")
        return "bool"

    def are_numbers(self, *sorts: Sort) -> bool:
        """Whether all sorts are of numbers, as far as is known."""
        return all(sort in (*NUMBERS, "0 or 1", None) for sort in sorts)

    def visit_BinOp(self, node: ast.BinOp) -> Sort:
        """Check a sum or a difference."""
        if not isinstance(node.op, ast.Add | ast.Sub):
            self.report(node, "numbers are only added and subtracted: s.pages, s.whole and s.length"
                              " divide and multiply by the page size")  # fmt: skip
            return None
        left, right = self.sort(node.left), self.sort(node.right)
        if not self.are_numbers(left, right):
            self.report(node, f"{left} and {right} are not both numbers: nothing else is added")
        elif left == "0 or 1" and right != left:
            self.report(node, "a written number comes last: `n + 1`, and none is subtracted from")
        else:
            self.fits(node.right, right, left, "adds")
        return right if left == "0 or 1" else left
