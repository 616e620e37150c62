"""The concrete interpreter: identities and lengths are small integers, maps are copy-on-write dicts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from spec.language import NIL, Action, Atom, Index, NoRoom, Number, Words
from spec.machine.rules import Rules


@dataclass(frozen=True)
class Size:
    """How large a concrete world is: identities of each sort, tokens per page, tokens per turn."""

    sessions: int
    turns: int
    rows: int
    pages: int
    page_size: int
    context_len: int

    def __post_init__(self) -> None:
        """Refuse a world in which nothing can happen."""
        for name, value in vars(self).items():
            if value < 1:
                raise ValueError(f"{name} must be at least 1, not {value}")

    @property
    def indices(self) -> int:
        """Pages that the longest row lists."""
        return -(-self.context_len // self.page_size)

    def domain(self, sort: Any) -> range:
        """Every identity or index of `sort`."""
        if sort == Index:
            return range(self.indices)
        atom = sort.__metadata__[0]
        assert isinstance(atom, Atom), f"{sort} has no finite domain"
        return range(
            {"Session": self.sessions, "Turn": self.turns, "Row": self.rows, "Page": self.pages}[
                atom.name
            ]
        )


def default(sort: Any) -> Any:
    """What a map of `sort` holds where nothing was written: NIL, 0, False or the first value."""
    if sort is bool:
        return False
    if isinstance(sort, type) and issubclass(sort, StrEnum):
        return next(iter(sort))
    if hasattr(sort, "__metadata__") and isinstance(sort.__metadata__[0], Number):
        return 0
    return NIL


class Cells:
    """One map: cells that differ from the default, copied at the first write after a fork."""

    __slots__ = ("_own", "cells", "default")

    def __init__(self, cells: dict[Any, Any], default: Any) -> None:
        self.cells, self.default, self._own = cells, default, False

    def __getitem__(self, key: Any) -> Any:
        """Read a cell; the cell of NIL reads as the default."""
        return self.cells.get(key, self.default)

    def __setitem__(self, key: Any, value: Any) -> None:
        """Write a cell."""
        if key is NIL:
            raise KeyError("a rule writes at NIL")
        if not self._own:
            self.cells, self._own = dict(self.cells), True
        if value == self.default:
            self.cells.pop(key, None)
        else:
            self.cells[key] = value


class ConcreteState(Words):
    """A state of a concrete world. Equal states have equal `key`s."""

    def __init__(self, rules: Rules, size: Size, cells: tuple[dict[Any, Any], ...] = ()) -> None:
        self.rules, self.size = rules, size
        self.context_len = size.context_len
        for i, (name, field) in enumerate(rules.fields.items()):
            setattr(self, name, Cells(cells[i] if cells else {}, default(field.value)))

    def fork(self) -> ConcreteState:
        """Return a copy that shares every cell until one of the two is written."""
        return ConcreteState(self.rules, self.size, self.cells())

    def cells(self) -> tuple[dict[Any, Any], ...]:
        """Return each field's cells that differ from the default, in the order of declaration."""
        for name in self.rules.fields:
            self.__dict__[name]._own = False
        return tuple(self.__dict__[name].cells for name in self.rules.fields)

    def key(self) -> tuple[frozenset[Any], ...]:
        """Return what tells this state from others of its world."""
        return tuple(frozenset(self.__dict__[name].cells.items()) for name in self.rules.fields)

    def pages(self, n: int) -> int:
        """Return ceil(n / page_size)."""
        return -(-n // self.size.page_size)

    def forall(self, *sorts_then_body: Any) -> bool:
        """Check the body for every tuple of identities and indices."""
        *sorts, body = sorts_then_body
        return all(body(*t) for t in itertools.product(*map(self.size.domain, sorts)))

    def span(self, lo: int, hi: int) -> Iterator[int]:
        """Iterate over lo <= i < hi."""
        return iter(range(lo, hi))

    def choose(self, sort: Any, fits: Callable[[int], bool]) -> int:
        """Return the first identity that fits; raise NoRoom if none does."""
        for identity in self.size.domain(sort):
            if fits(identity):
                return identity
        raise NoRoom

    def choose_each(self, lo: int, hi: int, sort: Any, fits: Callable[[int], bool]) -> Any:
        """Return the first identities that fit, one per index in [lo, hi); raise NoRoom if too few."""
        chosen = list(itertools.islice(filter(fits, self.size.domain(sort)), max(hi - lo, 0)))
        if len(chosen) < hi - lo:
            raise NoRoom
        return dict(zip(range(lo, hi), chosen, strict=True))

    def same_as(self, other: ConcreteState) -> bool:
        """Compare every cell."""
        return self.cells() == other.cells()


def perform(state: ConcreteState, action: Action, args: tuple[Any, ...]) -> Any:
    """Run `action` in place and return its answer.

    Raises Forbidden (guard), NoRoom (nothing to choose), Broken (an ensure failed): `state` is then
    in an undefined state between; fork before.
    """
    return action.run(state, *args)


def violated(state: ConcreteState) -> list[str]:
    """Return the names of the invariants that do not hold in `state`."""
    return [
        name
        for name, invariant in state.rules.invariants.items()
        if not state.forall(*invariant.params.values(), lambda *t: invariant.run(state, *t))  # noqa: B023 - called at once
    ]


def violated_changes(
    old: ConcreteState, new: ConcreteState, action: Action, answer: Any
) -> list[str]:
    """Return the names of the two-state properties of `action` that this step breaks."""
    broken = []
    for change in old.rules.changes_after(action):
        given = (answer,) if "answer" in change.params else ()
        sorts = [sort for name, sort in change.params.items() if name != "answer"]
        if not old.forall(*sorts, lambda *t: change.run(old, new, *given, *t)):  # noqa: B023 - called at once
            broken.append(change.name)
    return broken
