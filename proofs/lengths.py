"""Lengths in tokens as pairs: so many full pages, and fewer than a page of further tokens.

With a page size that is any number >= 1, `n / page_size` is beyond linear arithmetic; pairs keep
every question about pages linear. `length_lemmas` ties them to ordinary numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import z3

from proofs.paths import Forks
from proofs.values import Truth


class Pair(NamedTuple):
    """The number pages * page_size + rest, where 0 <= rest < page_size."""

    pages: Any
    rest: Any


def literal(page_size: Any, tokens: int) -> Pair:
    """Return 0 or 1 as a pair: the two numbers that the spec text writes down."""
    if tokens not in (0, 1):
        raise ValueError(f"a length may be written as 0 or 1, not {tokens}")
    carry = z3.If(page_size == 1, z3.IntVal(tokens), z3.IntVal(0))
    return Pair(carry, tokens - carry)


def well_formed(page_size: Any, n: Pair) -> tuple[z3.BoolRef, ...]:
    """Return what makes a pair a length."""
    return n.pages >= 0, n.rest >= 0, n.rest < page_size


def plus(page_size: Any, a: Pair, b: Pair) -> Pair:
    """Add with carry."""
    rest = a.rest + b.rest
    carry = rest >= page_size
    return Pair(
        a.pages + b.pages + z3.If(carry, z3.IntVal(1), z3.IntVal(0)),
        z3.If(carry, rest - page_size, rest),
    )


def minus(page_size: Any, a: Pair, b: Pair) -> Pair:
    """Subtract with borrow."""
    rest = a.rest - b.rest
    borrow = rest < 0
    return Pair(
        a.pages - b.pages - z3.If(borrow, z3.IntVal(1), z3.IntVal(0)),
        z3.If(borrow, rest + page_size, rest),
    )


def less(a: Pair, b: Pair) -> z3.BoolRef:
    """Compare pages first, then the rest."""
    return z3.Or(a.pages < b.pages, z3.And(a.pages == b.pages, a.rest < b.rest))


def at_most(a: Pair, b: Pair) -> z3.BoolRef:
    """Compare pages first, then the rest."""
    return z3.Or(a.pages < b.pages, z3.And(a.pages == b.pages, a.rest <= b.rest))


def same(a: Pair, b: Pair) -> z3.BoolRef:
    """Compare both parts."""
    return z3.And(a.pages == b.pages, a.rest == b.rest)


def pages(n: Pair) -> Any:
    """Return how many pages `n` tokens take, the last one perhaps in part."""
    return n.pages + z3.If(n.rest > 0, z3.IntVal(1), z3.IntVal(0))


@dataclass(frozen=True, eq=False)
class Length:  # noqa: PLW1641 - nothing symbolic may be a key
    """A number of tokens, as the spec text handles it."""

    forks: Forks
    page_size: Any
    pair: Pair

    def _pair(self, other: Any) -> Pair:
        return other.pair if isinstance(other, Length) else literal(self.page_size, other)

    def _length(self, pair: Pair) -> Length:
        return Length(self.forks, self.page_size, pair)

    def __lt__(self, other: Any) -> Truth:
        """Compare."""
        return Truth(self.forks, less(self.pair, self._pair(other)))

    def __le__(self, other: Any) -> Truth:
        """Compare."""
        return Truth(self.forks, at_most(self.pair, self._pair(other)))

    def __gt__(self, other: Any) -> Truth:
        """Compare."""
        return Truth(self.forks, less(self._pair(other), self.pair))

    def __ge__(self, other: Any) -> Truth:
        """Compare."""
        return Truth(self.forks, at_most(self._pair(other), self.pair))

    def __eq__(self, other: object) -> Any:
        """Compare."""
        return Truth(self.forks, same(self.pair, self._pair(other)))

    def __ne__(self, other: object) -> Any:
        """Compare."""
        return Truth(self.forks, z3.Not(same(self.pair, self._pair(other))))

    def __add__(self, other: Any) -> Length:
        """Add tokens."""
        return self._length(plus(self.page_size, self.pair, self._pair(other)))

    def __radd__(self, other: Any) -> Length:
        """Add to a plain 0 or 1."""
        return self._length(plus(self.page_size, self._pair(other), self.pair))

    def __sub__(self, other: Any) -> Length:
        """Take tokens away."""
        return self._length(minus(self.page_size, self.pair, self._pair(other)))
