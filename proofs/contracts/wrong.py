"""Wrong variants of a function: its own text, with the arithmetic changed in one place.

Floor for ceiling, less for at most, the larger for the smaller, off by one: what is typed wrong
when pages are counted. They are read off the text, so that a line that is added goes wrong as well.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import CodeType, FunctionType

from proofs.syntax import Place, put

ONE = ast.Constant(1)
OPPOSITE: dict[type, ast.operator] = {ast.Add: ast.Sub(), ast.Sub: ast.Add()}
NEIGHBOUR: dict[type, ast.cmpop] = {
    ast.Lt: ast.LtE(),
    ast.LtE: ast.Lt(),
    ast.Gt: ast.GtE(),
    ast.GtE: ast.Gt(),
    ast.Eq: ast.NotEq(),
}
JOINED: dict[type, ast.boolop] = {ast.And: ast.Or(), ast.Or: ast.And()}
OTHER = {"min": "max", "max": "min"}


@dataclass(frozen=True)
class Wrong:
    """A function, and what it would do if one expression of its text were another."""

    function: FunctionType
    change: str
    code: CodeType

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Let the function be wrong for a while, by whatever name it is called."""
        right, self.function.__code__ = self.function.__code__, self.code
        try:
            yield
        finally:
            self.function.__code__ = right

    def __str__(self) -> str:
        """Name it by its text, which survives moved lines."""
        return f"{self.function.__qualname__}: {self.change}"


@cache
def wrong_variants(function: FunctionType) -> tuple[Wrong, ...]:
    """Return every wrong variant of a function, in the order of its text."""
    module = ast.parse(textwrap.dedent(inspect.getsource(function)))
    [text] = module.body
    assert isinstance(text, ast.FunctionDef), f"{function.__qualname__} is no plain function"
    text.decorator_list = []
    found, times = list[Wrong](), Counter[str]()
    for parent, place, new in list(_changes(text)):
        old = put(parent, place, new)
        change = f"{ast.unparse(old)} -> {ast.unparse(new)}"
        times[change] += 1
        again = f" (no. {times[change]})" if times[change] > 1 else ""
        found.append(Wrong(function, change + again, _compiled(module, function)))
        put(parent, place, old)
    return tuple(found)


def _compiled(module: ast.Module, function: FunctionType) -> CodeType:
    compiled = compile(ast.fix_missing_locations(module), function.__code__.co_filename, "exec")
    [code] = [each for each in compiled.co_consts if isinstance(each, CodeType)]
    return code


def _changes(text: ast.FunctionDef) -> Iterator[tuple[ast.AST, Place, ast.expr]]:
    """Generate what may stand where instead."""
    returns_number = ast.unparse(text.returns or ONE) in ("int", "N")
    for parent, place, node in [found for line in text.body for found in _expressions(line)]:
        if not isinstance(parent, ast.While):  # a loop that never ends refutes nothing
            for new in _wrong(node):
                yield parent, place, new
        is_result = isinstance(parent, ast.Return) and not isinstance(node, ast.Constant)
        if returns_number and is_result:
            yield parent, place, ast.BinOp(node, ast.Add(), ONE)
            yield parent, place, ast.BinOp(node, ast.Sub(), ONE)


def _expressions(node: ast.AST) -> Iterator[tuple[ast.AST, Place, ast.expr]]:
    """Generate the expressions inside `node`, but those of annotations and messages."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "msg", "exc"):
            continue
        for i, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.expr):
                yield node, (field, i), child
            if isinstance(child, ast.AST):
                yield from _expressions(child)


def _wrong(node: ast.expr) -> Iterator[ast.expr]:
    """Generate the wrong neighbours of an expression."""
    match node:
        case ast.UnaryOp(ast.USub(), ast.BinOp(ast.UnaryOp(ast.USub(), a), ast.FloorDiv(), b)):
            yield ast.BinOp(a, ast.FloorDiv(), b)
        case ast.BinOp(ast.UnaryOp(ast.USub()), ast.FloorDiv()):
            pass  # the inside of a ceiling
        case ast.BinOp(a, ast.FloorDiv(), b):
            yield ast.UnaryOp(ast.USub(), ast.BinOp(ast.UnaryOp(ast.USub(), a), ast.FloorDiv(), b))
        case ast.BinOp(a, ast.Add() | ast.Sub() as op, b):
            yield ast.BinOp(a, OPPOSITE[type(op)], b)
        case ast.BinOp(a, ast.Mult() | ast.Mod()):
            yield a
        case ast.Compare(a, ops, others):
            for i, each in enumerate(ops):
                if type(each) in NEIGHBOUR:
                    yield ast.Compare(a, [*ops[:i], NEIGHBOUR[type(each)], *ops[i + 1 :]], others)
        case ast.BoolOp(join, parts):
            yield ast.BoolOp(JOINED[type(join)], parts)
        case ast.IfExp(test, a, b):
            yield ast.IfExp(test, b, a)
        case ast.Call(ast.Name(name), args) if name in OTHER:
            yield ast.Call(ast.Name(OTHER[name], ast.Load()), args, node.keywords)
        case ast.Constant(int(n)) if not isinstance(n, bool):
            yield ast.Constant(n + 1)
