"""A state of a world without bounds: what is free is kept in lists, not looked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spec.language import NIL, NoRoom
from spec.machine.concrete import Cells, ConcreteState
from spec.machine.log.quick import quick_rules
from spec.machine.log.world import LogSize

POOLS = {"Row": ("holder",), "Page": ("owner", "node"), "Recurrent": ("user", "keeper")}
"""The sorts that are chosen among, and the maps that say which of them are in use."""


class Freed(Cells):
    """A map that says who uses what; what is used no more may be chosen again."""

    __slots__ = ("freed",)

    def __init__(self, cells: Cells, freed: dict[int, None]) -> None:
        super().__init__(cells.name, cells.cells, cells.default, cells.written)
        self.freed = freed

    def __setitem__(self, key: Any, value: Any) -> None:
        """Write a cell."""
        super().__setitem__(key, value)
        if value is NIL:
            self.freed[key] = None


class LogState(ConcreteState):
    """Spec state beside a log."""

    def __init__(self, size: LogSize) -> None:
        super().__init__(quick_rules(), size)
        self.freed: dict[str, dict[int, None]] = {sort: {} for sort in POOLS}
        self.fresh = dict.fromkeys(POOLS, 0)  # from here on none was ever chosen
        self._watch()

    def fork(self) -> LogState:
        """Return a copy; this one goes on as if there were none."""
        new = super().fork()
        assert isinstance(new, LogState)
        new.freed = {sort: dict(freed) for sort, freed in self.freed.items()}
        new.fresh = dict(self.fresh)
        new._watch()
        return new

    def _watch(self) -> None:
        for sort, fields in POOLS.items():
            for field in fields:
                self.__dict__[field] = Freed(self.__dict__[field], self.freed[sort])

    # -- words of the spec

    def within(self, lo: int, hi: int, holds: Callable[[int], bool]) -> bool:
        """Check what is said of each lo <= i < hi."""
        return all(map(holds, range(lo, hi)))

    def is_leaf(self, prefix: int) -> bool:
        """Check that no page is cached right behind a prefix."""
        texts: Any = self.size.all_texts  # LogTexts
        return all(self.cached[child] is NIL for child in texts.children[prefix])

    def num(self, sort: Any) -> int:
        """Return how many there are."""
        return int(getattr(self.size, sort.__metadata__[0].name.lower() + "s"))

    def count(self, sort: Any, fits: Callable[[int], bool]) -> int:
        """Count the identities that fit: of turns, those that somebody knows; others never wait."""
        known = {"Turn": self.session, "Page": self.windowed}[sort.__metadata__[0].name]
        return sum(map(bool, map(fits, known.cells)))

    def choose(self, sort: Any, fits: Callable[[int], bool]) -> int:
        """Return one that fits; raise NoRoom if none does."""
        return self._free(sort, 1, fits)[0]

    def choose_each(self, lo: int, hi: int, sort: Any, fits: Callable[[int], bool]) -> Any:
        """Return others that fit, one per index in [lo, hi); raise NoRoom if too few."""
        return dict(zip(range(lo, hi), self._free(sort, max(hi - lo, 0), fits), strict=True))

    def _free(self, sort: Any, num: int, fits: Callable[[int], bool]) -> list[int]:
        """Return so many that fit. They stay in the list until they are found to be in use."""
        name = sort.__metadata__[0].name
        freed, chosen = self.freed[name], dict[int, None]()
        while freed and len(chosen) < num:
            identity, _ = freed.popitem()
            if fits(identity):
                chosen[identity] = None
        fresh = min(num - len(chosen), self.num(sort) - self.fresh[name])
        chosen.update(dict.fromkeys(range(self.fresh[name], self.fresh[name] + fresh)))
        self.fresh[name] += fresh
        freed.update(chosen)
        if len(chosen) < num:
            raise NoRoom
        return list(chosen)
