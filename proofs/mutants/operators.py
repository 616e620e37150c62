"""The ways to change one node of the text: what could stand there instead?"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from proofs.mutants.mutant import Kind
from proofs.mutants.sorted_text import Sorts
from spec.machine.lint import Text

Change = tuple[Kind, ast.AST]

GUARDS = ("require", "need")
SEARCHES = ("choose", "choose_each")  # their last argument says what fits
BOUNDED = ("span", "first", "choose_each")  # their first two arguments are bounds


class Operators:
    """Every change of a node, under one text and the sorts of one function."""

    def __init__(self, text: Text, sorts: Sorts) -> None:
        self.text, self.sorts = text, sorts

    def of_statement(self, node: ast.stmt) -> Iterator[Change]:
        """Generate the changes of a whole line."""
        match node:
            case ast.Expr(value=ast.Call(func=ast.Name(id=name))) if name in GUARDS:
                yield Kind.GUARD, ast.Pass()
            case ast.Expr(value=ast.Call(func=ast.Name(id=name))) if name in self.text.functions:
                yield Kind.EFFECT, ast.Pass()
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                for i, target in enumerate(targets):
                    if isinstance(target, ast.Subscript):
                        yield Kind.EFFECT, _without(targets, values, i)
            case ast.Assign(targets=[ast.Subscript()]):
                yield Kind.EFFECT, ast.Pass()

    def of_condition(self) -> Iterator[Change]:
        """Generate the changes of what an `if` asks."""
        yield Kind.FORCED, ast.Constant(True)
        yield Kind.FORCED, ast.Constant(False)

    def of_value(self, node: ast.expr, kind: Kind) -> Iterator[Change]:
        """Generate the neighbours of a number that is assigned, returned or handed on."""
        if not self.sorts.is_number(node):
            return
        one = ast.Constant(1)
        match node:
            case ast.Constant(value=0):
                yield kind, one
            case ast.Constant(value=1):
                yield kind, ast.Constant(0)
            case ast.BinOp(left=left, op=ast.Add(), right=ast.Constant(value=1)):
                yield kind, ast.BinOp(node, ast.Add(), one)
                yield kind, left
            case _:
                yield kind, ast.BinOp(node, ast.Add(), one)
                yield kind, ast.BinOp(node, ast.Sub(), one)

    def of_expression(self, node: ast.expr) -> Iterator[Change]:
        """Generate the changes of an expression wherever it stands."""
        match node:
            case ast.BoolOp(op=op, values=parts):
                for i in range(len(parts)):
                    kept = [*parts[:i], *parts[i + 1 :]]
                    yield Kind.PART, ast.BoolOp(op, kept) if len(kept) > 1 else kept[0]
            case ast.Compare():
                yield from self._of_comparison(node)
            case ast.Call(func=ast.Attribute(attr="least"), args=args):
                for argument in args:
                    yield Kind.LEAST, argument
            case ast.Call(func=ast.Attribute(attr=word), args=[*args, ast.Lambda(args=names)]) if (
                word in SEARCHES
            ):
                anyone = ast.Lambda(names, ast.Constant(True))
                yield Kind.GUARD, ast.Call(node.func, [*args, anyone], [])
            case ast.Attribute(value=ast.Name(id=enum), attr=member) if enum in self.text.enums:
                members = self.text.enums[enum]
                following = members[(members.index(member) + 1) % len(members)]
                yield Kind.ENUM, ast.Attribute(node.value, following)

    def _of_comparison(self, node: ast.Compare) -> Iterator[Change]:
        """Generate `<` for `<=` and the other way round, and for `<=` a bound of one more."""
        for i, op in enumerate(node.ops):
            if isinstance(op, ast.Lt | ast.LtE):
                strict = isinstance(op, ast.Lt)
                ops = [*node.ops[:i], ast.LtE() if strict else ast.Lt(), *node.ops[i + 1 :]]
                yield Kind.COMPARISON, ast.Compare(node.left, ops, node.comparators)
                last = i == len(node.ops) - 1
                if not strict and last:
                    more = ast.BinOp(node.comparators[i], ast.Add(), ast.Constant(1))
                    values = [*node.comparators[:i], more]
                    yield Kind.COMPARISON, ast.Compare(node.left, node.ops, values)


def bounds(node: ast.AST, text: Text) -> list[ast.expr]:
    """Return the arguments of a call that say how far something goes."""
    match node:
        case ast.Call(func=ast.Attribute(attr=word), args=args) if word in BOUNDED:
            return args[:2]
        case ast.Call(func=ast.Name(id=name), args=args) if name in text.functions:
            return args
    return []


def _without(targets: list[ast.expr], values: list[ast.expr], i: int) -> ast.stmt:
    """Return the assignment without its i-th target."""
    kept, of_kept = [*targets[:i], *targets[i + 1 :]], [*values[:i], *values[i + 1 :]]
    if len(kept) == 1:
        return ast.Assign([kept[0]], of_kept[0], lineno=0)
    return ast.Assign([ast.Tuple(kept, ast.Store())], ast.Tuple(of_kept, ast.Load()), lineno=0)
