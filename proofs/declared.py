"""The sorts of the spec text declared in Z3: unbounded, or with as many elements as a small world.

NIL is an element of each sort of identities, and a constructor of each record.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import count
from typing import Any, get_type_hints

import z3

from spec.language import Atom, Count, Index, Len
from spec.machine.rules import Rules
from spec.machine.size import Size

_SERIAL = count()  # Z3 keeps the names of enumerations and datatypes for good: each is used once


def is_atom(sort: Any) -> bool:
    """Whether `sort` is one of identities."""
    return isinstance(getattr(sort, "__metadata__", (None,))[0], Atom)


def is_number(sort: Any) -> bool:
    """Whether values of `sort` are one plain integer: counts of pages, or of anything else."""
    return sort in (Index, Count)


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


class Declared:
    """The Z3 sorts of one spec text."""

    def __init__(self, rules: Rules, size: Size | None) -> None:
        """Declare the sorts that `rules` mention; with a `size`, of so many elements each."""
        self._size = size
        self._suffix = f"~{next(_SERIAL)}"
        self._sorts: dict[str, Any] = {}
        self._nils: dict[str, Any] = {}
        self.members: dict[str, dict[Any, Any]] = {}  # the terms of constants and identities
        for field in (*rules.fields.values(), *rules.fixed.values()):
            for sort in (*field.keys, field.value):
                self._declare(sort)
        for rule in (*rules.actions.values(), *rules.changes.values()):
            for sort in rule.params.values():
                self._declare(sort)

    def sort(self, sort: Any) -> Any:
        """Return the Z3 sort of one term of `sort`; a length has two."""
        if sort is bool:
            return z3.BoolSort()
        return z3.IntSort() if sort == Len or is_number(sort) else self._sorts[name_of(sort)]

    def nil(self, sort: Any) -> Any:
        """Return the term of NIL."""
        return self._nils[name_of(sort)]

    def _declare(self, sort: Any) -> None:
        if sort in (bool, Len) or is_number(sort) or name_of(sort) in self._sorts:
            return
        if is_enum(sort):
            self._declare_enum(sort)
        elif is_record(sort):
            self._declare_record(sort)
        elif self._size:
            self._declare_finite(sort)
        else:
            name = name_of(sort)
            self._sorts[name] = z3.DeclareSort(name + self._suffix)
            self._nils[name] = z3.Const("nil " + name, self._sorts[name])

    def _declare_enum(self, sort: Any) -> None:
        name, words = name_of(sort), list(sort)
        self._sorts[name], terms = z3.EnumSort(
            name + self._suffix, [w + self._suffix for w in words]
        )
        self.members[name] = dict(zip(words, terms, strict=True))

    def _declare_finite(self, sort: Any) -> None:
        assert self._size
        name, letter = name_of(sort), sort.__metadata__[0].letter
        identities = list(self._size.domain(sort))
        words = ["nil", *(f"{letter}{i}" for i in identities)]
        self._sorts[name], terms = z3.EnumSort(
            name + self._suffix, [f"{w} {name}{self._suffix}" for w in words]
        )
        self._nils[name] = terms[0]
        self.members[name] = dict(zip(identities, terms[1:], strict=True))

    def _declare_record(self, sort: Any) -> None:
        name, parts = name_of(sort), parts_of(sort)
        for part in parts:
            self._declare(part)
        datatype = z3.Datatype(name + self._suffix)
        datatype.declare("nil")
        datatype.declare("some", *[(f"part{i}", self.sort(p)) for i, p in enumerate(parts)])
        self._sorts[name] = datatype.create()
        self._nils[name] = self._sorts[name].nil
