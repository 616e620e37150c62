"""Why a guard does not hold: the part of it that is false, in the text's own words.

The spec's functions are plain Python: the frame in which a move was forbidden still has all that
its guard speaks of. What is false is looked for from `and` to `and`, into the functions it calls.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, FunctionType, TracebackType
from typing import Any

from spec.machine.log.quick import quick_text

DEEPEST = 4
"""Functions that are looked into."""


@dataclass(frozen=True)
class Part:
    """A part of a guard that is false, where it stands, and what its names stand for."""

    text: str
    where: str  # file and line
    values: tuple[str, ...]


def why(error: BaseException) -> list[Part]:
    """Return what was false, the outermost part first."""
    frame, line = _guard(error.__traceback__)
    if frame is None:
        return []
    module = Path(frame.f_code.co_filename).stem
    for node in ast.walk(quick_text(module)):
        if isinstance(node, ast.Expr) and node.lineno <= line <= (node.end_lineno or 0):
            match node.value:
                case ast.Call(func=ast.Name(id="require" | "need"), args=[guard]):
                    scope = {**frame.f_globals, **frame.f_locals}
                    return list(_false(guard, module, scope, 0))
    return []


def _guard(traceback: TracebackType | None) -> tuple[FrameType | None, int]:
    """Return the frame of the spec's text that states the guard, and its line."""
    found: tuple[FrameType | None, int] = None, 0
    while traceback is not None:
        frame = traceback.tb_frame
        if frame.f_code.co_filename.startswith("spec/"):
            found = frame, traceback.tb_lineno
        traceback = traceback.tb_next
    return found


def _false(node: ast.expr, module: str, scope: dict[str, Any], depth: int) -> Iterator[Part]:
    """Generate the part of an expression that makes it false, and why that is."""
    match node:
        case ast.BoolOp(op=ast.And(), values=parts):
            for part in parts:
                if not _value(part, scope):
                    yield from _false(part, module, scope, depth)
                    return
    yield Part(ast.unparse(node), f"spec/{module}.py {node.lineno}", tuple(_values(node, scope)))
    match node:
        case ast.Call(func=ast.Name(id=name), args=args) if depth < DEEPEST:
            function = scope.get(name)
            if isinstance(function, FunctionType) and "spec/" in function.__code__.co_filename:
                yield from _inside(function, [_value(arg, scope) for arg in args], depth + 1)


def _inside(function: FunctionType, args: list[Any], depth: int) -> Iterator[Part]:
    """Look into a function that returns one expression."""
    module = Path(function.__code__.co_filename).stem
    for node in quick_text(module).body:
        if isinstance(node, ast.FunctionDef) and node.name == function.__name__:
            match node.body:
                case [*_, ast.Return(value=ast.expr() as value)]:
                    names = list(inspect.signature(function).parameters)
                    scope = {**function.__globals__, **dict(zip(names, args, strict=False))}
                    yield from _false(value, module, scope, depth)


def _values(node: ast.expr, scope: dict[str, Any]) -> Iterator[str]:
    """Generate what the operands of a comparison are worth."""
    if not isinstance(node, ast.Compare):
        return
    for operand in (node.left, *node.comparators):
        if not isinstance(operand, ast.Constant) and ast.unparse(operand) != "NIL":
            yield f"{ast.unparse(operand)} is {_value(operand, scope)}"


def _value(node: ast.expr, scope: dict[str, Any]) -> Any:
    code = compile(ast.Expression(node), "guard", "eval")
    return eval(code, scope)
