"""One key for all states that differ only in the names of sessions, turns, rows and pages."""

from __future__ import annotations

from itertools import permutations
from typing import Any, get_type_hints

from spec.language import Atom
from spec.machine.concrete import ConcreteState, Size
from spec.machine.rules import Rules

Names = dict[str, dict[int, int]]


class Canonical:
    """Renames identities by first mention, for every order of the sessions, and keeps the least.

    Fields are read in the order of declaration, so that sessions name turns and rows, and rows name
    pages. Every renaming is a permutation: states merge only if one is a renaming of the other.
    """

    def __init__(self, rules: Rules, size: Size) -> None:
        self._fields = [
            (tuple(map(_atom, field.keys)), _value(field.value)) for field in rules.fields.values()
        ]
        self._orders = [
            {x: i for i, x in enumerate(order)} for order in permutations(range(size.sessions))
        ]

    def key(self, s: ConcreteState) -> int:
        """Return a 64-bit hash of the canonical form of `s`."""
        cells = s.cells()
        return hash(min(self._renamed(cells, order) for order in self._orders))

    def _renamed(self, cells: tuple[dict[Any, Any], ...], sessions: dict[int, int]) -> Any:
        names: Names = {"Session": sessions, "Turn": {}, "Row": {}, "Page": {}}
        return tuple(
            tuple(_rename(field, keys, value, names)) if field else ()
            for field, (keys, value) in zip(cells, self._fields, strict=True)
        )


def renamed(s: ConcreteState) -> dict[str, list[Any]]:
    """Return the cells of each field, with rows and pages named by first mention, in their order.

    Two states that differ only in which rows and pages were handed out give the same answer.
    """
    names: Names = {
        "Session": {x: x for x in range(s.size.sessions)},
        "Turn": {t: t for t in range(s.size.turns)},
        "Row": {},
        "Page": {},
    }
    return {
        name: _rename(cells, tuple(map(_atom, field.keys)), _value(field.value), names)
        for (name, field), cells in zip(s.rules.fields.items(), s.cells(), strict=True)
    }


def _atom(sort: Any) -> str | None:
    """Return the name of an identity sort, None for a sort whose values are kept as they are."""
    marks = getattr(sort, "__metadata__", ())
    return marks[0].name if marks and isinstance(marks[0], Atom) else None


def _value(sort: Any) -> Any:
    """Return the identity sort of a value, a tuple of them for a named tuple, or None."""
    if isinstance(sort, type) and issubclass(sort, tuple):
        return tuple(map(_atom, get_type_hints(sort, include_extras=True).values()))
    return _atom(sort)


def _name(sort: str | None, value: Any, names: Names) -> Any:
    if sort is None:
        return value
    known = names[sort]
    return known.setdefault(value, len(known))


def _rename(
    field: dict[Any, Any],
    keys: tuple[str | None, ...],
    value: Any,
    names: Names,
) -> list[Any]:
    """Rename keys first, in the order of what is known of them, then the values they hold."""
    if len(keys) == 1:
        known = names[keys[0]] if keys[0] else {}
        order = sorted(field, key=lambda k: (known.get(k, len(known)), k))
        renamed = [(_name(keys[0], k, names), field[k]) for k in order]
    else:
        known = names[keys[0]] if keys[0] else {}
        order = sorted(field, key=lambda k: (known.get(k[0], len(known)), k))
        renamed = [(tuple(map(_name, keys, k, [names] * len(k))), field[k]) for k in order]
    if isinstance(value, tuple):
        return [(k, tuple(map(_name, value, v, [names] * len(v)))) for k, v in renamed]
    if value is None:
        return renamed
    return [(k, _name(value, v, names)) for k, v in renamed]
