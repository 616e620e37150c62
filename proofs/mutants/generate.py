"""Every mutant of the machine's text: each line of each function, changed one way at a time.

They are read off the text, so that a line that is added is mutated without anyone's doing. What the
text `ensure`s, and its invariants, changes and cases, are the judges and are left alone.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from proofs.mutants.mutant import Kind, Mutant
from proofs.mutants.operators import Change, Operators, bounds
from proofs.mutants.sorted_text import Sorts
from proofs.syntax import Place, put
from spec.machine.lint import Function, Text, sources
from spec.machine.variant import Edit

MODULES = ("kv", "requests", "moves")
"""The machine. What a state is, and what must be true of it, is not mutated."""


def mutants(only: str | None = None) -> list[Mutant]:
    """Return every mutant, of one function if given, in the order of the text."""
    texts = sources()
    text = Text(texts)
    chosen = [
        function
        for function in text.functions.values()
        if function.module in MODULES and only in (None, function.node.name)
    ]
    return [m for function in chosen for m in of_function(text, function, texts[function.module])]


def functions() -> list[str]:
    """Return the names of the functions that are mutated."""
    return [name for name, each in Text(sources()).functions.items() if each.module in MODULES]


def of_function(text: Text, function: Function, source: str) -> Iterator[Mutant]:
    """Generate the mutants of one function. Its tree is changed in place and put right again."""
    node, name = function.node, function.node.name
    before = ast.get_source_segment(source, node)
    assert before is not None
    operators = Operators(text, Sorts(text, function))
    decorators, node.decorator_list = node.decorator_list, []  # they stand before the segment
    unchanged = ast.unparse(node)
    seen, on_line = {unchanged}, Counter[tuple[int, Kind]]()
    taken: Counter[str] = Counter()
    for statement, parent, place, (kind, new) in list(_changes(node, operators)):
        head = _head(statement)
        old = put(parent, place, new)
        after = ast.unparse(node)
        now = _head(new if old is statement and isinstance(new, ast.stmt) else statement)
        put(parent, place, old)
        if after in seen:
            continue
        seen.add(after)
        on_line[statement.lineno, kind] += 1
        taken[f"{head} -> {now}"] += 1
        again = taken[f"{head} -> {now}"]  # the same change of a line that occurs twice
        yield Mutant(
            kind,
            Edit(function.module, before, after),
            name,
            statement.lineno,
            on_line[statement.lineno, kind],
            head if again == 1 else f"{head} (no. {again})",
            now,
        )
    node.decorator_list = decorators


Found = tuple[ast.stmt, ast.AST, Place, Change]


def _changes(function: ast.FunctionDef, operators: Operators) -> Iterator[Found]:
    """Generate each change with the statement, and with the node and place that it is made in."""
    for statement, parent, place in _statements(function):
        for change in operators.of_statement(statement):
            yield statement, parent, place, change
        if isinstance(statement, ast.Assign | ast.Return):
            for at, where, value in _values(statement):
                for change in operators.of_value(value, Kind.NUMBER):
                    yield statement, at, where, change
        for at, where, node in _expressions(statement):
            if where == ("test", None):
                for change in operators.of_condition():
                    yield statement, at, where, change
            for change in operators.of_expression(node):
                yield statement, at, where, change
            for i, bound in enumerate(bounds(node, operators.text)):
                for change in operators.of_value(bound, Kind.BOUND):
                    yield statement, node, ("args", i), change


def _statements(node: ast.AST) -> Iterator[tuple[ast.stmt, ast.AST, Place]]:
    """Generate every line inside `node` that may be mutated, with its place."""
    for field in ("body", "orelse"):
        for i, line in enumerate(getattr(node, field, [])):
            if _is_text(line):
                continue
            yield line, node, (field, i)
            yield from _statements(line)


def _is_text(line: ast.stmt) -> bool:
    """Whether a line is a docstring, or an `ensure`, which is a judge."""
    match line:
        case ast.Expr(value=ast.Constant()) | ast.Expr(value=ast.Call(func=ast.Name(id="ensure"))):
            return True
    return False


def _expressions(statement: ast.stmt) -> Iterator[tuple[ast.AST, Place, ast.expr]]:
    """Generate the expressions of a line itself, not of the lines inside it, with their places."""
    todo: list[ast.AST] = [statement]
    while todo:
        node = todo.pop(0)
        for field, value in ast.iter_fields(node):
            if field in ("body", "orelse") and isinstance(value, list):
                continue
            for i, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(child, ast.expr):
                    yield node, (field, i), child
                    todo.append(child)


def _values(statement: ast.Assign | ast.Return) -> Iterator[tuple[ast.AST, Place, ast.expr]]:
    """Generate what a line assigns or returns, part by part."""
    match statement.value:
        case ast.Tuple(elts=values):
            yield from ((statement.value, ("elts", i), value) for i, value in enumerate(values))
        case ast.expr():
            yield statement, ("value", None), statement.value


def _head(statement: ast.AST) -> str:
    """Write a line without the lines inside it."""
    return ast.unparse(statement).split("\n")[0]
