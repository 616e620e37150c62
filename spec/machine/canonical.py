"""One key for all states that differ only in the names of sessions, turns, rows and pages."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import chain, permutations, product
from typing import Any

from spec.machine.concrete import ConcreteState
from spec.machine.rules import Field, Rules
from spec.machine.size import Size

Names = dict[str, dict[int, int]]

INTERCHANGEABLE = ("Session", "Turn", "Row", "Page", "Recurrent")
"""Sorts whose identities have no other difference than their names. Texts say different things."""

Atoms = tuple[tuple[str | None, ...], str | tuple[str | None, ...] | None]


@cache
def renameable(field: Field) -> Atoms:
    """Return the sorts of a map's keys and values that are renamed, None for the others."""

    def kept(sort: str | None) -> str | None:
        return sort if sort in INTERCHANGEABLE else None

    value = field.value_atoms
    keys = tuple(map(kept, field.key_atoms))
    return keys, tuple(map(kept, value)) if isinstance(value, tuple) else kept(value)


class Canonical:
    """Renames identities by first mention, for the orders of sessions that matter; keeps the least.

    Fields are read in the order of declaration, so that sessions name turns and rows, and rows and
    prefixes name pages. Every renaming is a permutation: states merge only if one is a renaming of
    the other.
    """

    def __init__(self, rules: Rules, size: Size) -> None:
        self._fields = [renameable(field) for field in rules.fields.values()]
        self._colours = {
            sort: [(i, value) for i, (keys, value) in enumerate(self._fields) if keys == (sort,)]
            for sort in ("Session", "Turn", "Row")
        }
        self._sessions = range(size.sessions)

    def key(self, s: ConcreteState) -> int:
        """Return a 64-bit hash of the canonical form of `s`."""
        cells = s.cells()
        return hash(min(self._renamed(cells, order) for order in self._orders(cells)))

    def _orders(self, cells: tuple[dict[Any, Any], ...]) -> Iterator[dict[int, int]]:
        """Generate the orders of sessions; only those that look alike are tried both ways."""
        alike: dict[Any, list[int]] = {}
        for x in self._sessions:
            alike.setdefault(self._colour(cells, "Session", x), []).append(x)
        for orders in product(*(permutations(alike[colour]) for colour in sorted(alike))):
            yield {x: i for i, x in enumerate(chain(*orders))}

    def _colour(self, cells: tuple[dict[Any, Any], ...], sort: str, identity: int) -> Any:
        """Return what is seen of an identity, whatever it and those it refers to are called."""
        seen = []
        for i, value in self._colours[sort]:
            cell = cells[i].get(identity)
            if cell is None or value is None:
                seen.append((cell is not None, cell or 0))
            elif sort == "Session" and isinstance(value, str):
                seen.append((True, self._colour(cells, value, cell)))
            else:
                seen.append((True, 0))
        return tuple(seen)

    def _renamed(self, cells: tuple[dict[Any, Any], ...], sessions: dict[int, int]) -> Any:
        names: Names = {"Session": sessions, **{sort: {} for sort in INTERCHANGEABLE[1:]}}
        return tuple(
            tuple(_rename(field, keys, value, names)) if field else ()
            for field, (keys, value) in zip(cells, self._fields, strict=True)
        )


def renamed(s: ConcreteState) -> dict[str, list[Any]]:
    """Return the cells of each field, with rows and pages named by first mention, in their order.

    Two states that differ only in which rows and pages were handed out give the same answer.
    """
    names: Names = {sort: {} for sort in INTERCHANGEABLE}
    names["Session"] = {x: x for x in range(s.size.sessions)}
    names["Turn"] = {t: t for t in range(s.size.turns)}
    return {
        name: _rename(cells, *renameable(field), names) if cells else []
        for (name, field), cells in zip(s.rules.fields.items(), s.cells(), strict=True)
    }


def _name(sort: str | None, value: Any, names: Names) -> Any:
    if sort is None:
        return value
    known = names[sort]
    return known.setdefault(value, len(known))


def _rename(
    field: dict[Any, Any], keys: tuple[str | None, ...], value: Any, names: Names
) -> list[Any]:
    """Rename keys first, in the order of what is known of them, then the values they hold."""
    renamed: list[tuple[Any, Any]]
    if keys[0] is None:
        renamed = sorted(field.items())
        return _rename_values(renamed, value, names)
    known = names[keys[0]]
    unknown = len(known)
    if len(keys) == 1:
        if len(field) == 1:
            renamed = [(known.setdefault(k, unknown), v) for k, v in field.items()]
        else:
            order = sorted([(known.get(k, unknown), k) for k in field])
            renamed = [(known.setdefault(k, len(known)), field[k]) for _, k in order]
    else:
        pairs = sorted([(known.get(k[0], unknown), k) for k in field])
        renamed = [(tuple(map(_name, keys, k, [names] * len(k))), field[k]) for _, k in pairs]
    return _rename_values(renamed, value, names)


def _rename_values(
    renamed: list[tuple[Any, Any]], value: str | tuple[str | None, ...] | None, names: Names
) -> list[Any]:
    if value is None:
        return renamed
    if isinstance(value, tuple):
        return [(k, tuple(map(_name, value, v, [names] * len(v)))) for k, v in renamed]
    target = names[value]
    return [(k, target.setdefault(v, len(target))) for k, v in renamed]
