"""Every state of a small world, breadth first: invariants hold in all, cases are reached.

Traces are shortest: breadth first finds the first state that breaks a property, or reaches a case,
by as few actions as any. Level by level, the states of a level may be shared out over processes.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from spec.machine.expand import Cells, Expander, Expansion
from spec.machine.rules import Rules
from spec.machine.trace import CameFrom, Step, steps_to
from spec.machine.worlds import World


@dataclass
class Exploration:
    """What an exploration found. It is valid, if partial, at any time."""

    world: World
    states: int = 1
    transitions: int = 0
    depth: int = 0
    complete: bool = False
    seconds: float = 0.0
    taken: Counter[str] = field(default_factory=Counter)  # transitions by action
    no_room: Counter[str] = field(default_factory=Counter)  # attempts that found no row or page
    cases: dict[str, list[Step]] = field(default_factory=dict)  # shortest trace to each case
    violation: tuple[str, list[Step]] | None = None  # a property's name and the shortest trace


class Explorer:
    """Breadth-first search of one world under one spec text."""

    def __init__(self, rules: Rules, world: World) -> None:
        self.rules, self.world = rules, world
        self.found = Exploration(world)
        self._came_from: CameFrom = {}

    def run(
        self,
        max_states: int | None = None,
        progress: Callable[[Exploration], None] | None = None,
        processes: int = 1,
        visit: Callable[[Cells], None] | None = None,
    ) -> Exploration:
        """Visit every reachable state, or `max_states`; stop at the first violation.

        `self.found` is up to date when a KeyboardInterrupt leaves this method.
        """
        started, found = time.perf_counter(), self.found
        expander = Expander(self.rules, self.world)
        initial = self.world.initial(self.rules)
        level = [(expander.canonical.key(initial), initial.cells())]
        self._came_from[level[0][0]] = None
        try:
            with _mapping(expander, processes) as expand_all:
                while level and found.violation is None:
                    if visit:
                        for _, cells in level:
                            visit(cells)
                    following: list[tuple[int, Cells]] = []
                    expansions = expand_all([cells for _, cells in level])
                    for (key, _), expansion in zip(level, expansions, strict=True):
                        self._merge(key, expansion, following)
                        found.seconds = time.perf_counter() - started
                        if progress:
                            progress(found)
                        if found.violation or (max_states and found.states >= max_states):
                            return found
                    level = following
                    found.depth += bool(level)
            found.complete = not level
        finally:
            found.seconds = time.perf_counter() - started
        return found

    def _merge(self, key: int, expansion: Expansion, following: list[tuple[int, Cells]]) -> None:
        """Add what follows the state of `key`; queue the states that are new."""
        found = self.found
        found.transitions += expansion.taken.total()
        found.taken += expansion.taken
        found.no_room += expansion.no_room
        for name, step in expansion.cases:
            found.cases.setdefault(name, [*steps_to(key, self._came_from), step])
        for new_key, cells, step in expansion.new:
            if new_key not in self._came_from:
                self._came_from[new_key] = (key, step)
                found.states += 1
                following.append((new_key, cells))
        if expansion.violation:
            name, step = expansion.violation
            found.violation = (name, [*steps_to(key, self._came_from), step])


Mapping = Callable[[list[Cells]], Iterable[Expansion]]


@contextmanager
def _mapping(expander: Expander, processes: int) -> Iterator[Mapping]:
    """Give a way to expand many states in order, here or shared out over processes."""
    if processes == 1:
        yield lambda states: map(expander, states)
        return
    _Worker.expander = expander
    ignore_ctrl_c = (signal.SIGINT, signal.SIG_IGN)  # the parent ends its workers
    with multiprocessing.get_context("fork").Pool(
        processes, initializer=signal.signal, initargs=ignore_ctrl_c
    ) as pool:
        yield lambda states: pool.imap(_Worker.expand, states, chunksize=64)


class _Worker:
    """A forked process' own copy of the expander: rules are functions, which cannot be sent."""

    expander: Expander

    @classmethod
    def expand(cls, cells: Cells) -> Expansion:
        return cls.expander(cells)
