"""A state for worlds of thousands of pages: the same first fit, without asking every page."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

from spec.language import Atom, NoRoom
from spec.machine.concrete import Cells, ConcreteState, Size
from spec.machine.rules import Rules


class LoggedCells(Cells):
    """One map that remembers which keys were written."""

    __slots__ = ("keys",)

    def __init__(self, plain: Cells) -> None:
        super().__init__(plain.name, plain.cells, plain.default, plain.written)
        self.keys: list[int] = []

    def __setitem__(self, key: Any, value: Any) -> None:
        """Write a cell."""
        super().__setitem__(key, value)
        self.keys.append(key)


class LargeState(ConcreteState):
    """Chooses as `ConcreteState` does, provided that whether a page fits depends on its own cells.

    A page that did not fit cannot fit until it is written. So only those that fitted when they were
    last looked at, or were written since, are asked again, lowest first.
    """

    def __init__(self, rules: Rules, size: Size) -> None:
        super().__init__(rules, size)
        fields = rules.fields.values()
        self._maps = [field.name for field in fields if field.key_atoms == ("Page",)]
        for name in self._maps:
            setattr(self, name, LoggedCells(getattr(self, name)))
        self._candidates = list(range(size.pages))  # a heap
        self._is_candidate = [True] * size.pages

    def choose_each(self, lo: int, hi: int, sort: Any, fits: Callable[[int], bool]) -> Any:
        """Return the first that fit, one per index in [lo, hi); raise NoRoom if too few."""
        atom = sort.__metadata__[0]
        assert isinstance(atom, Atom) and atom.name == "Page", f"only pages are many, not {sort}"
        self._look_again()
        chosen: list[int] = []
        while self._candidates and len(chosen) < hi - lo:
            page = heapq.heappop(self._candidates)
            self._is_candidate[page] = fits(page)
            if self._is_candidate[page]:
                chosen.append(page)
        for page in chosen:
            heapq.heappush(self._candidates, page)
        if len(chosen) < hi - lo:
            raise NoRoom
        return dict(zip(range(lo, hi), chosen, strict=True))

    def _look_again(self) -> None:
        """Make candidates of all pages that were written since the last choice."""
        for name in self._maps:
            cells: LoggedCells = getattr(self, name)
            for page in cells.keys:
                if not self._is_candidate[page]:
                    self._is_candidate[page] = True
                    heapq.heappush(self._candidates, page)
            cells.keys.clear()
