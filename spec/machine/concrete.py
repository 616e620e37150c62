"""The concrete interpreter: identities and lengths are integers, maps copy-on-write dicts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import cache
from typing import Any

from spec.language import NIL, Broken, NoRoom, Number, Words
from spec.machine.rules import Field, Rules
from spec.machine.size import Size


def default(sort: Any) -> Any:
    """What a map of `sort` holds where nothing was written: NIL, 0, False or the first value."""
    if sort is bool:
        return False
    if isinstance(sort, type) and issubclass(sort, StrEnum):
        return next(iter(sort))
    if hasattr(sort, "__metadata__") and isinstance(sort.__metadata__[0], Number):
        return 0
    return NIL


@cache
def empty(field: Field) -> Any:
    """What a field holds where nothing was written."""
    return default(field.value)


class Cells:
    """One map: cells that differ from the default, copied at the first write after a fork.

    A map that is written enters itself in `written`, which all maps of a state share.
    """

    __slots__ = ("cells", "default", "name", "own", "written")

    def __init__(self, name: str, cells: dict[Any, Any], default: Any, written: list[str]) -> None:
        self.name, self.cells, self.default = name, cells, default
        self.own, self.written = False, written

    def __getitem__(self, key: Any) -> Any:
        """Read a cell; the cell of NIL reads as the default."""
        return self.cells.get(key, self.default)

    def __setitem__(self, key: Any, value: Any) -> None:
        """Write a cell."""
        if key is NIL or (type(key) is tuple and NIL in key):
            raise Broken("a rule writes at NIL")
        if not self.own:
            self.cells, self.own = dict(self.cells), True
            self.written.append(self.name)
        if value == self.default:
            self.cells.pop(key, None)
        else:
            self.cells[key] = value


class ConcreteState(Words):
    """A state of a concrete world."""

    def __init__(self, rules: Rules, size: Size) -> None:
        self.rules, self.size = rules, size
        for name in rules.constants:
            setattr(self, name, getattr(size, name))
        self.__dict__.update(size.all_texts.maps)
        self.written: list[str] = []
        """Maps that were written since this state was made or forked."""
        for name, field in rules.fields.items():
            self.__dict__[name] = Cells(name, {}, empty(field), self.written)

    @classmethod
    def of(cls, rules: Rules, size: Size, cells: tuple[dict[Any, Any], ...]) -> ConcreteState:
        """Return the state with the given cells, one dict per field."""
        state = cls(rules, size)
        for name, given in zip(rules.fields, cells, strict=True):
            state.__dict__[name].cells = given
        return state

    def __getattr__(self, name: str) -> Any:
        """Declare to type checkers that fields are attributes; only unknown names come here."""
        raise AttributeError(f"the state has no field {name}")

    def fork(self) -> ConcreteState:
        """Return a copy that shares every cell until one of the two is written."""
        new = object.__new__(type(self))
        own = new.__dict__
        own.update(self.__dict__)
        own["written"] = written = list[str]()
        for name in self.rules.fields:
            field = own[name]
            field.own = False
            own[name] = Cells(name, field.cells, field.default, written)
        self.written.clear()
        return new

    def reset(self, to: ConcreteState) -> None:
        """Undo what was written since this state was forked off `to`."""
        for name in self.written:
            field = self.__dict__[name]
            field.cells, field.own = to.__dict__[name].cells, False
        self.written.clear()

    def cells(self) -> tuple[dict[Any, Any], ...]:
        """Return each field's cells that differ from the default, in the order of declaration."""
        return tuple(self.__dict__[name].cells for name in self.rules.fields)

    def pages(self, n: int) -> int:
        """Return ceil(n / page_size)."""
        return -(-n // self.size.page_size)

    def whole(self, n: int) -> int:
        """Return floor(n / page_size)."""
        return n // self.size.page_size

    def length(self, i: int) -> int:
        """Return i * page_size."""
        return i * self.size.page_size

    def least(self, a: int, b: int) -> int:
        """Return the smaller one."""
        return a if a < b else b

    def forall(self, *sorts_then_body: Any) -> bool:
        """Check the body for every tuple of identities and indices."""
        *sorts, body = sorts_then_body
        return all(body(*t) for t in self.size.tuples(sorts))

    def num(self, sort: Any) -> int:
        """Return the size of a domain."""
        return len(self.size.domain(sort))

    def count(self, sort: Any, fits: Callable[[int], bool]) -> int:
        """Count the identities that fit."""
        return sum(map(bool, map(fits, self.size.domain(sort))))

    def total(self, sort: Any, number: Callable[[int], int]) -> int:
        """Add up."""
        return sum(map(number, self.size.domain(sort)))

    def first(self, lo: int, hi: int, fits: Callable[[int], bool]) -> int:
        """Search."""
        return next(filter(fits, range(lo, hi)), hi)

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
        """Return the first that fit, one per index in [lo, hi); raise NoRoom if too few."""
        chosen = list(itertools.islice(filter(fits, self.size.domain(sort)), max(hi - lo, 0)))
        if len(chosen) < hi - lo:
            raise NoRoom
        return dict(zip(range(lo, hi), chosen, strict=True))

    def same_as(self, other: ConcreteState, *fields: str) -> bool:
        """Compare every cell of the named maps, or of all."""
        for name in fields or self.rules.fields:
            mine, others = self.__dict__[name].cells, other.__dict__[name].cells
            if mine is not others and mine != others:
                return False
        return True
