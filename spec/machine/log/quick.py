"""The spec text, rewritten to look only where something can be: for worlds without bounds.

    s.forall(Index, lambda i: implies(lo <= i < hi, P))   becomes  s.within(lo, hi, lambda i: P)
    s.forall(Prefix, lambda d: s.cached[d] == NIL or d == c or not extends(s, d, c))
                                                          becomes  s.is_leaf(c)

The last one rests on an invariant, `a_cached_prefix_is_cached_whole`: where anything is cached
beyond a prefix, the page right behind it is. Nothing else is changed, and lines keep their numbers.
"""

from __future__ import annotations

import ast
from functools import cache

from spec.machine.rules import Rules
from spec.machine.variant import rewritten, source_of


@cache
def quick_rules() -> Rules:
    """Return the rules of the rewritten text."""
    return rewritten(_Bounded().visit)


@cache
def quick_text(module: str) -> ast.Module:
    """Return the syntax of a module of the rewritten text."""
    tree = _Bounded().visit(ast.parse(source_of(module)))
    assert isinstance(tree, ast.Module)
    return tree


class _Bounded(ast.NodeTransformer):
    """Gives quantifiers the bounds that their premises state."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.Call(
                func=ast.Attribute(value=state, attr="forall"),
                args=[ast.Name(), ast.Lambda(args=ast.arguments(args=[ast.arg(arg=name)])) as body],
            ):
                better = _within(state, name, body) or _leaf(state, name, body)
                return ast.copy_location(better, node) if better else node
        return node


def _within(state: ast.expr, name: str, body: ast.Lambda) -> ast.Call | None:
    """Read `implies(lo <= i < hi, P)`, or `implies(i < hi, P)`."""
    match body.body:
        case ast.Call(func=ast.Name(id="implies"), args=[ast.Compare() as premise, conclusion]):
            ends: list[ast.expr] = [premise.left, *premise.comparators]
            ops = [type(op) for op in premise.ops]
        case _:
            return None
    if ops == [ast.Lt] and _is(ends[0], name):
        bounds = [ast.Constant(0), ends[1]]
    elif ops == [ast.LtE, ast.Lt] and _is(ends[1], name):
        bounds = [ends[0], ends[2]]
    else:
        return None
    return _call(state, "within", [*bounds, ast.Lambda(body.args, conclusion)], body)


def _leaf(state: ast.expr, name: str, body: ast.Lambda) -> ast.Call | None:
    """Read that no cached prefix but `c` itself extends `c`."""
    pattern = f"s.cached[{name}] == NIL or {name} == c or (not extends(s, {name}, c))"
    if ast.unparse(body.body) != pattern:
        return None
    return _call(state, "is_leaf", [ast.Name("c", ast.Load())], body)


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _call(state: ast.expr, word: str, args: list[ast.expr], at: ast.Lambda) -> ast.Call:
    """Return a call of one of the state's words, in the place of another."""
    call = ast.Call(ast.Attribute(state, word, ast.Load()), args, [])
    return ast.fix_missing_locations(ast.copy_location(call, at))
