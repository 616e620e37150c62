"""Is the spec text in the part of Python that every interpreter can run? If not, where is it not?

Run one action at a time, any Python would do. A symbolic value, though, can only be compared and
counted with, and asking whether it is true forks the run; so the text keeps to a few constructs.
This linter says which line does not, and what to write there instead. It reads, and runs nothing.
"""

from __future__ import annotations

import ast
from functools import partial
from pathlib import Path

from spec.machine.lint.body import Body
from spec.machine.lint.offence import Offence, Report
from spec.machine.lint.order import lint_order
from spec.machine.lint.signature import lint_signature
from spec.machine.lint.text import Function, Text, is_atom, sources
from spec.machine.lint.words import ACTIONS

__all__ = ["Function", "Offence", "Text", "lint", "sources"]


def lint(texts: dict[str, str] | None = None) -> list[Offence]:
    """Return what is wrong with a spec text, given by module; modules not given are as they stand.

    It looks at each line once, so what it costs does not depend on any world.
    """
    try:
        text = Text({**sources(), **(texts or {})})
    except SyntaxError as wrong:  # e.g. an edit that does not fit
        module = Path(str(wrong.filename)).stem
        return [Offence(module, wrong.lineno or 0, f"this is not Python: {wrong.msg}")]
    found: set[Offence] = set()

    def report(module: str, node: ast.AST, words: str) -> None:
        found.add(Offence(module, getattr(node, "lineno", 0), words))

    for module, tree in text.trees.items():
        for node in tree.body:
            _lint_top(node, partial(report, module))
    for function in text.functions.values():
        in_module = partial(report, function.module)
        lint_signature(text, function, in_module)
        Body(text, function, in_module).lint()
        if function.kind in (*ACTIONS, "helper"):
            lint_order(text, function.node.body, in_module, wrote=False)
    return sorted(found)


def _lint_top(node: ast.stmt, report: Report) -> None:
    """Report what does not belong at the top of a module."""
    match node:
        case ast.ImportFrom(module=str(module), level=0) if module.split(".")[0] in (
            "spec",
            "typing",
            "enum",
            "__future__",
        ):
            return
        case ast.Import() | ast.ImportFrom():
            report(node, "a spec text imports by `from`, and only spec, typing, enum, __future__")
        case ast.FunctionDef() | ast.ClassDef() | ast.Expr(value=ast.Constant(value=str())):
            return
        case ast.Assign(value=ast.Tuple(elts=elts)) if all(isinstance(e, ast.Name) for e in elts):
            return
        case ast.Assign() if is_atom(node):
            return
        case _:
            report(node, "there is no state but `s`: declare a map or a constant in spec/state.py")
