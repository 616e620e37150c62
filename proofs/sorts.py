"""The sorts of the spec text in Z3: unbounded, or with as many elements as a small world has."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from itertools import count
from typing import Any, get_type_hints

import z3

from proofs import lengths
from proofs.lengths import Length, Pair
from proofs.paths import Forks
from proofs.values import Count, Member, Truth, as_count, as_formula
from spec.language import NIL, Atom, Index, Len
from spec.machine.concrete import Size
from spec.machine.rules import Rules

_SERIAL = count()  # Z3 keeps the names of enumerations and datatypes for good: each is used once


def is_atom(sort: Any) -> bool:
    """Whether `sort` is one of identities."""
    return isinstance(getattr(sort, "__metadata__", (None,))[0], Atom)


def is_enum(sort: Any) -> bool:
    """Whether `sort` is an enumeration."""
    return isinstance(sort, type) and issubclass(sort, StrEnum)


def is_record(sort: Any) -> bool:
    """Whether `sort` is a named tuple."""
    return isinstance(sort, type) and issubclass(sort, tuple)


def name_of(sort: Any) -> str:
    """Return the name of a sort."""
    return str(sort.__name__) if isinstance(sort, type) else str(sort.__metadata__[0].name)


def parts_of(record: Any) -> list[Any]:
    """Return the sorts of the components of a named tuple."""
    return list(get_type_hints(record, include_extras=True).values())


class Sorts:
    """Z3 sorts, and the way between values of the spec text and terms. A length is two terms."""

    def __init__(self, rules: Rules, size: Size | None = None) -> None:
        """Make the sorts that `rules` mention; with a `size`, of so many elements each."""
        self.forks, self.size = Forks(), size
        self.page_size = z3.Int("page_size")
        self._suffix = f"~{next(_SERIAL)}"
        self._z3: dict[str, Any] = {}
        self._nil: dict[str, Any] = {}
        self.members: dict[str, dict[Any, Any]] = {}  # the terms of constants and identities
        for field in rules.fields.values():
            for sort in (*field.keys, field.value):
                self._declare(sort)
        for rule in (*rules.actions.values(), *rules.changes.values()):
            for sort in rule.params.values():
                self._declare(sort)

    # -- declaring ---------------------------------------------------------------------------------

    def _declare(self, sort: Any) -> None:
        if sort in (bool, Index, Len) or name_of(sort) in self._z3:
            return
        if is_enum(sort):
            self._declare_enum(sort)
        elif is_record(sort):
            self._declare_record(sort)
        elif self.size:
            self._declare_finite(sort)
        else:
            name = name_of(sort)
            self._z3[name] = z3.DeclareSort(name + self._suffix)
            self._nil[name] = z3.Const("nil " + name, self._z3[name])

    def _declare_enum(self, sort: Any) -> None:
        name, words = name_of(sort), list(sort)
        self._z3[name], terms = z3.EnumSort(name + self._suffix, [w + self._suffix for w in words])
        self.members[name] = dict(zip(words, terms, strict=True))

    def _declare_finite(self, sort: Any) -> None:
        assert self.size
        name, letter = name_of(sort), sort.__metadata__[0].letter
        identities = list(self.size.domain(sort))
        words = ["nil", *(f"{letter}{i}" for i in identities)]
        self._z3[name], terms = z3.EnumSort(
            name + self._suffix, [f"{w} {name}{self._suffix}" for w in words]
        )
        self._nil[name] = terms[0]
        self.members[name] = dict(zip(identities, terms[1:], strict=True))

    def _declare_record(self, sort: Any) -> None:
        name, parts = name_of(sort), parts_of(sort)
        for part in parts:
            self._declare(part)
        datatype = z3.Datatype(name + self._suffix)
        datatype.declare("nil")
        datatype.declare("some", *[(f"part{i}", self.z3_sort(p)) for i, p in enumerate(parts)])
        self._z3[name] = datatype.create()
        self._nil[name] = self._z3[name].nil

    # -- terms and values --------------------------------------------------------------------------

    def z3_sort(self, sort: Any) -> Any:
        """Return the Z3 sort of one term of `sort`."""
        if sort is bool:
            return z3.BoolSort()
        return z3.IntSort() if sort in (Index, Len) else self._z3[name_of(sort)]

    def nil(self, sort: Any) -> Any:
        """Return the term of NIL."""
        return self._nil[name_of(sort)]

    def encode(self, sort: Any, value: Any) -> tuple[Any, ...]:
        """Return the terms of a symbolic or plain value of `sort`."""
        if sort == Len:
            pair = value.pair if isinstance(value, Length) else self._plain_length(value)
            return tuple(pair)
        if sort is bool:
            return (as_formula(value),)
        if sort == Index:
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
        if sort == Index:
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
        if sort == Index:
            return (terms[0] >= 0, *((terms[0] < self.size.indices,) if self.size else ()))
        return (self._record_is_real(sort, terms[0]),) if is_record(sort) else ()

    def _record_is_real(self, sort: Any, term: Any) -> z3.BoolRef:
        """Return that a record is NIL, or that none of its components is."""
        parts = [
            self.in_range(part, self.value(part, (self.z3_sort(sort).accessor(1, i)(term),)))
            for i, part in enumerate(parts_of(sort))
        ]
        known = [fact for facts in parts for fact in facts]
        return z3.Or(term == self.nil(sort), z3.And(*known))
