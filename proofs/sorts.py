"""The way between the values that the spec text handles and Z3 terms. A length is two terms."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import z3

from proofs import lengths
from proofs.declared import Declared, is_atom, is_number, is_record, name_of, parts_of
from proofs.lengths import Length, Pair
from proofs.paths import Forks
from proofs.sums import Sums
from proofs.values import Count, Member, Truth, as_count, as_formula
from spec.language import NIL, Index, Len
from spec.machine.rules import Rules
from spec.machine.size import Size


class Sorts:
    """The sorts of one spec text, of any size if none is given."""

    def __init__(self, rules: Rules, size: Size | None = None) -> None:
        self.forks, self.size = Forks(), size
        self.page_size = z3.Int("page_size")
        self._declared = Declared(rules, size)
        self.z3_sort, self.nil = self._declared.sort, self._declared.nil
        self.members = self._declared.members
        sizes = (lambda sort: len(size.domain(sort))) if size else None
        self.sums = Sums(self.forks, self._declared, sizes)

    def encode(self, sort: Any, value: Any) -> tuple[Any, ...]:
        """Return the terms of a symbolic or plain value of `sort`."""
        if sort == Len:
            pair = value.pair if isinstance(value, Length) else self._plain_length(value)
            return tuple(pair)
        if sort is bool:
            return (as_formula(value),)
        if is_number(sort):
            return (as_count(value),)
        return (self._encode_member(sort, value),)

    def _plain_length(self, tokens: int) -> Pair:
        """Return the pair of a number; larger ones than 0 and 1 have one in a small world only."""
        if tokens in (0, 1) or not self.size:
            return lengths.literal(self.page_size, tokens)
        pages, rest = divmod(tokens, self.size.page_size)
        return Pair(z3.IntVal(pages), z3.IntVal(rest))

    def _encode_member(self, sort: Any, value: Any) -> Any:
        if isinstance(value, Member):
            return value.term
        if value is NIL:
            return self.nil(sort)
        if is_record(sort):
            parts = zip(parts_of(sort), value, strict=True)
            return self.z3_sort(sort).some(*[self.encode(part, v)[0] for part, v in parts])
        return self.members[name_of(sort)][value]

    def value(self, sort: Any, terms: tuple[Any, ...]) -> Any:
        """Return what the spec text may handle of the given terms."""
        if sort == Len:
            return Length(self.forks, self.page_size, Pair(*terms))
        (term,) = terms
        if sort is bool:
            return Truth(self.forks, term)
        if is_number(sort):
            return Count(self.forks, term)
        return Member(self.forks, term, partial(self._encode_member, sort))

    def constant(self, sort: Any, name: str) -> Any:
        """Return a value of `sort` of which nothing is known."""
        if sort == Len:
            return self.value(sort, (z3.Int(f"{name} pages"), z3.Int(f"{name} rest")))
        return self.value(sort, (z3.Const(name, self.z3_sort(sort)),))

    def variables(self, sorts: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return a Z3 term to stand for any value of each of `sorts`."""
        return tuple(z3.Const(f"cell {i}", self.z3_sort(sort)) for i, sort in enumerate(sorts))

    def unknown_map(
        self, name: str, keys: tuple[Any, ...], value: Any
    ) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
        """Return a function from key terms to the terms of a cell, of which nothing is known."""
        parts = (f"{name} pages", f"{name} rest") if value == Len else (name,)
        domain = [self.z3_sort(key) for key in keys]
        cells = [z3.Function(part, *domain, self.z3_sort(value)) for part in parts]
        return lambda terms: tuple(cell(*terms) for cell in cells)

    # -- what is true of a sort --------------------------------------------------------------------

    def in_range(self, sort: Any, value: Any) -> tuple[z3.BoolRef, ...]:
        """Return what is known of an argument: it is a value of `sort`, and not NIL."""
        terms = self.encode(sort, value)
        return (terms[0] != self.nil(sort),) if is_atom(sort) else self.well_formed(sort, terms)

    def well_formed(self, sort: Any, terms: tuple[Any, ...]) -> tuple[z3.BoolRef, ...]:
        """Return what is true of the terms of every value of `sort` that a map may hold."""
        if sort == Len:
            return lengths.well_formed(self.page_size, Pair(*terms))
        if is_number(sort):
            size = self.size if sort == Index else None
            return (terms[0] >= 0, *((terms[0] < size.indices,) if size else ()))
        return (self._record_is_real(sort, terms[0]),) if is_record(sort) else ()

    def _record_is_real(self, sort: Any, term: Any) -> z3.BoolRef:
        """Return that a record is NIL, or that none of its components is."""
        parts = [
            self.in_range(part, self.value(part, (self.z3_sort(sort).accessor(1, i)(term),)))
            for i, part in enumerate(parts_of(sort))
        ]
        known = [fact for facts in parts for fact in facts]
        return z3.Or(term == self.nil(sort), z3.And(*known))
