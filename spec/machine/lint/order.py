"""Do all guards and choices come before the first effect?"""

from __future__ import annotations

import ast

from spec.machine.lint.offence import Report
from spec.machine.lint.text import Text
from spec.machine.lint.traits import called, does


def lint_order(text: Text, lines: list[ast.stmt], report: Report, wrote: bool) -> bool:
    """Report guards and choices after effects; return whether the lines write anything.

    What is forbidden, or finds no room, must leave the state as it was.
    """
    for line in lines:
        parts = [line.test] if isinstance(line, ast.If) else [line]
        nodes = [n for part in parts for n in ast.walk(part)]
        done = {trait for n in nodes for trait in does(n)}.union(*map(text.does, called(nodes)))
        if wrote and "guards" in done:
            report(line, "this requires, needs or chooses after an effect: move it before the first"
                         " write, since what is forbidden must change nothing")  # fmt: skip
        if isinstance(line, ast.If):
            branches = [lint_order(text, b, report, wrote) for b in (line.body, line.orelse)]
            wrote = any(branches)
        wrote = wrote or "writes" in done
    return wrote
