"""Lines: assignments, branches and loops that every interpreter can run."""

from __future__ import annotations

import ast

from spec.machine.lint.calls import Calls
from spec.machine.lint.words import LINES, NOT_A_STATEMENT


class Body(Calls):
    """Walks one function's lines."""

    def lint(self) -> None:
        """Report every line that some interpreter cannot run."""
        body = self.function.node.body
        for line in body[1:] if ast.get_docstring(self.function.node) else body:
            self.line(line)

    def line(self, node: ast.stmt) -> None:
        """Check one statement."""
        if self.loop and not isinstance(node, ast.Assign | ast.AugAssign | ast.Expr | ast.Pass):
            self.report(node, "a span loop only assigns, all at once: no `if`, `return`, `break`,"
                              " `continue` or loop inside; decide before it")  # fmt: skip
        elif isinstance(node, LINES):
            self.visit(node)
        else:
            other = f"`{type(node).__name__}` is not in the language: see spec/language.py"
            self.report(node, NOT_A_STATEMENT.get(type(node), other))

    def visit_Pass(self, node: ast.Pass) -> None:
        """Nothing is wrong with nothing."""

    def visit_Assign(self, node: ast.Assign) -> None:
        """Check each target."""
        for target in node.targets:
            self.assign(target, node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """Check what it is short for."""
        if isinstance(node.op, ast.Add | ast.Sub):
            read = ast.copy_location(ast.parse(ast.unparse(node.target), mode="eval").body, node)
            self.assign(node.target, ast.copy_location(ast.BinOp(read, node.op, node.value), node))
        else:
            self.report(node, "only `+=` and `-=`: numbers are only added and subtracted")

    def visit_Expr(self, node: ast.Expr) -> None:
        """Check a call for what it does."""
        if not isinstance(node.value, ast.Call):
            self.report(node, "this line does nothing: assign it, return it, or drop it")
        self.sort(node.value)

    def visit_If(self, node: ast.If) -> None:
        """Check the condition and both branches."""
        self.condition(node.test)
        for line in (*node.body, *node.orelse):
            self.line(line)

    def visit_Return(self, node: ast.Return) -> None:
        """Check what is returned."""
        if node.value is not None:
            self.fits(node.value, self.sort(node.value), self.function.result, "returns")

    def visit_For(self, node: ast.For) -> None:
        """Check a loop: one assignment to many cells, made at once."""
        match node:
            case ast.For(
                target=ast.Name(id=index),
                iter=ast.Call(func=ast.Attribute(attr="span"), args=[lo, hi], keywords=[]),
                orelse=[],
            ):
                for bound in (lo, hi):
                    self.fits(bound, self.sort(bound), "Index", "spans to")
                before, self.locals[index], self.loop = dict(self.locals), "Index", node
                for line in node.body:
                    self.line(line)
                self.locals, self.loop = before, None
                self.parallel(node)
            case _:
                self.report(node, "a rule loops only with `for i in s.span(lo, hi)`")

    def parallel(self, loop: ast.For) -> None:
        """Report where one iteration could see, or undo, what another one writes."""
        nodes = [n for line in loop.body for n in ast.walk(line)]
        cells = [n for n in nodes if isinstance(n, ast.Subscript)]
        written: dict[str, str] = {}
        for cell in cells:
            name = ast.unparse(cell.value)
            if isinstance(cell.ctx, ast.Store):
                if name in written:
                    self.report(cell, f"a span loop writes {name} twice: write a second loop")
                written[name] = ast.unparse(cell)
        for cell in cells:
            place = ast.unparse(cell)
            if written.get(ast.unparse(cell.value), place) != place:
                self.report(cell, f"a span loop reads {place} but writes that map elsewhere: "
                                  "write a second loop")  # fmt: skip

    def assign(self, target: ast.expr, value: ast.expr) -> None:
        """Check an assignment; a tuple is assigned part by part."""
        match target, value:
            case ast.Tuple(elts=targets), ast.Tuple(elts=values) if len(targets) == len(values):
                for part, of_value in zip(targets, values, strict=True):
                    self.assign(part, of_value)
            case ast.Name(id=name), _:
                if self.loop:
                    self.report(target, f"a span loop runs once for all: assign {name} outside it")
                self.locals[name] = self.sort(value)
            case ast.Subscript(), _:
                self.write(target, value)
            case _:
                self.report(target, "assign only to local names and to cells, `s.a_map[key]`")
                self.sort(value)

    def write(self, target: ast.Subscript, value: ast.expr) -> None:
        """Check a write to a cell."""
        declared = self.cells_of(target.value)
        given, sort = self.sort(value), self.sort(target)
        if declared is None:
            self.report(target, "only cells of a declared map are written: `s.a_map[key] = ...`")
        elif declared.fixed:
            self.report(target, f"{ast.unparse(target.value)} is Fixed: the world gives it; what"
                                " changes is a Map")  # fmt: skip
        elif self.is_property:
            self.report(target, f"`@{self.function.kind}` states what is so: only actions write")
        self.fits(value, given, sort, "writes")
