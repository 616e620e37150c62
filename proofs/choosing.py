"""A concrete state whose choices come from outside: replayed from a model, or drawn at random."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spec.language import NoRoom
from spec.machine.concrete import ConcreteState

Pick = Callable[[list[int]], int]


class Choosing(ConcreteState):
    """Runs the spec text as `ConcreteState` does, but `pick`s what the implementation chooses."""

    def __init__(self, state: ConcreteState, pick: Pick) -> None:
        """Begin with a copy of `state`."""
        self.__dict__.update(state.fork().__dict__)
        self._pick = pick
        self.chosen: list[list[int]] = []  # by each `choose` and `choose_each` so far

    def choose(self, sort: Any, fits: Callable[[int], bool]) -> int:
        """Return the pick among all that fit; raise NoRoom if none does."""
        fitting = [identity for identity in self.size.domain(sort) if fits(identity)]
        self.chosen.append([self._pick_one(fitting)])
        return self.chosen[-1][0]

    def choose_each(self, lo: int, hi: int, sort: Any, fits: Callable[[int], bool]) -> Any:
        """Return one pick per index in [lo, hi), all different; raise NoRoom if too few fit."""
        fitting = [identity for identity in self.size.domain(sort) if fits(identity)]
        chosen = {}
        for index in range(lo, hi):
            chosen[index] = self._pick_one(fitting)
            fitting.remove(chosen[index])
        self.chosen.append(list(chosen.values()))
        return chosen

    def _pick_one(self, fitting: list[int]) -> int:
        if not fitting:
            raise NoRoom
        picked = self._pick(fitting)
        assert picked in fitting, f"picked {picked}, but only {fitting} fit"
        return picked
