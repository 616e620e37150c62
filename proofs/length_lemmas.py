"""Pairs are numbers: the lemmas that tie the algebra of `lengths` to ordinary arithmetic.

They are the only non-linear questions of all, each is asked once, for every page size and length.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import z3

from proofs import lengths
from proofs.lengths import Pair

Lemma = Callable[[Any, Pair, Pair], z3.BoolRef]


def number(page_size: Any, n: Pair) -> Any:
    """Return the number that a pair stands for."""
    return n.pages * page_size + n.rest


def _has_rest(page_size: Any, n: Pair) -> z3.BoolRef:
    return z3.And(n.rest >= 0, n.rest < page_size)


def _compares(pairs: Callable[[Pair, Pair], Any], numbers: Callable[[Any, Any], Any]) -> Lemma:
    return lambda size, a, b: pairs(a, b) == numbers(number(size, a), number(size, b))


def _sum(size: Any, a: Pair, b: Pair) -> z3.BoolRef:
    total = lengths.plus(size, a, b)
    return z3.And(
        number(size, total) == number(size, a) + number(size, b),
        *lengths.well_formed(size, total),
    )


def _difference(size: Any, a: Pair, b: Pair) -> z3.BoolRef:
    rest = lengths.minus(size, a, b)
    return z3.And(
        number(size, rest) == number(size, a) - number(size, b),
        _has_rest(size, rest),
        z3.Implies(number(size, b) <= number(size, a), rest.pages >= 0),
    )


def _ceiling(size: Any, a: Pair, _b: Pair) -> z3.BoolRef:
    return lengths.pages(a) == -(-number(size, a) / size)  # Z3's `/` is Python's `//` here


def _parts(size: Any, a: Pair, _b: Pair) -> z3.BoolRef:
    return z3.And(number(size, a) / size == a.pages, number(size, a) % size == a.rest)


def _literals(size: Any, _a: Pair, _b: Pair) -> z3.BoolRef:
    zero, one = lengths.literal(size, 0), lengths.literal(size, 1)
    return z3.And(
        number(size, zero) == 0,
        number(size, one) == 1,
        *lengths.well_formed(size, zero),
        *lengths.well_formed(size, one),
    )


def _every_number(size: Any, a: Pair, _b: Pair) -> z3.BoolRef:
    """Take any number n; `a.rest` is not used."""
    n = a.pages
    pair = Pair(n / size, n % size)
    return z3.And(number(size, pair) == n, *lengths.well_formed(size, pair))


LEMMAS: dict[str, Lemma] = {
    "pairs are ordered as numbers": _compares(lengths.less, lambda a, b: a < b),
    "pairs are ordered as numbers, weakly": _compares(lengths.at_most, lambda a, b: a <= b),
    "two pairs are the same only if their numbers are": _compares(
        lengths.same, lambda a, b: a == b
    ),
    "every number from 0 on is a pair": _every_number,
    "plus adds": _sum,
    "minus subtracts": _difference,
    "pages rounds up": _ceiling,
    "the parts are quotient and remainder": _parts,
    "0 and 1 are 0 and 1": _literals,
}


def opposite(name: str) -> list[z3.BoolRef]:
    """Return what together says that the lemma is false."""
    size, a, b = z3.Int("page_size"), _pair("a"), _pair("b")
    known = [size >= 1, *lengths.well_formed(size, a), *lengths.well_formed(size, b)]
    return [*known, z3.Not(LEMMAS[name](size, a, b))]


def prove_lemma(name: str) -> str:
    """Return what the solver says of the lemma's opposite: unsat proves it."""
    solver = z3.Solver()
    solver.set("timeout", 20_000)
    solver.add(*opposite(name))
    return str(solver.check())


def _pair(name: str) -> Pair:
    return Pair(z3.Int(f"{name} pages"), z3.Int(f"{name} rest"))
