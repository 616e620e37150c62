"""Lockstep for as long as you like: worlds, swarms and actions drawn from one seed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from spec.machine.size import Size
from spec.machine.trace import STEP
from spec.machine.worlds import FEATURES, World, each
from stateful_tests.coverage.coverage import Coverage
from stateful_tests.difference import Difference
from stateful_tests.draw import WEIGHTS, Choose, Draw
from stateful_tests.lockstep import Avoid, Lockstep
from stateful_tests.run import Failure, MakeLockstep, cut_down
from stateful_tests.setting import Setting


def draw_setting(choose: Choose[Any], seed: int = 0, device: str = "cpu") -> Setting:
    """Draw a world: tight or roomy, a page of one token or of several, few or enough rows.

    The model has sliding-window layers, recurrent ones, both, or neither: windows often, since with
    them there is most to cover. The policy overlaps, guesses, or neither.
    """
    page_size, context_len, lookahead = choose([1, 2, 4]), 12, choose([0, 1, 2])
    turn = -(-context_len // page_size)
    pages, rows = turn + choose([0, 1, turn // 2, turn, -1]), choose([3, 2, 1])
    recurrent = {"recurrents": max(1, rows + choose([0, -1, 1, 3]))}
    window = {"window": choose([1, 2, 4]), "window_pages": turn + choose([0, 1, 3])}
    layers = choose([{}, recurrent, window, window, {**window, **recurrent}])
    return Setting(
        Size(
            sessions=3,
            turns=7,
            rows=rows,
            pages=pages,
            page_size=page_size,
            context_len=context_len,
            lookahead=lookahead,
            queue_limit=choose([2, 1]),
            namespaces=choose([1, 2]),
            texts=choose([3, 1, 5]),
            **layers,
        ),
        token_budget=choose([6, 1, 3]),
        overlap=choose([0, 1]) if lookahead else 0,
        num_drafts=choose([0, lookahead]),
        sampled=choose([0, 1]),
        prioritised=choose([0, 1]),
        draft_model=choose([0, 1]) if lookahead and not layers.get("recurrents") else 0,
        seed=seed,
        device=device,
    )


def draw_world(setting: Setting) -> World:
    """Return the lengths that clients ask for in a drawn setting; one is too long for any turn."""
    size = setting.size
    asks = each((1, 2, 3, 5), (0, 1, 2, 3, 5), range(size.texts))
    asks += each((size.context_len + 1,), (0,), range(size.texts))
    return World("drawn", size, asks, features=frozenset(FEATURES))


@dataclass(frozen=True)
class Drawn:
    """The worlds that an engine is tried in: how a setting is drawn, and what clients ask there."""

    setting: Callable[..., Setting] = draw_setting
    world: Callable[[Setting], World] = draw_world
    avoided: Avoid | None = None
    unasked: frozenset[str] = frozenset()  # actions that the engine does not have
    length: int = 100  # actions in one run, before the next world is drawn
    steps: int = WEIGHTS[STEP]  # how often a step is drawn, relative to the other actions

    def swarm(self, lockstep: Lockstep, choose: Choose[Any]) -> Draw:
        """Return what draws the actions of one run."""
        world = self.world(lockstep.setting)
        engine = lockstep.engine
        swarm = Draw.swarm(world, choose, engine.steers, self.avoided, self.unasked, engine.points)
        return replace(swarm, steps=self.steps)


class Fuzz:
    """Runs of lockstep. Every run is its seed's and number's own: the same two repeat it.

    Counts are up to date when a KeyboardInterrupt leaves `run`. With `coverage`, it is told what
    happens.
    """

    def __init__(
        self,
        seed: int = 0,
        device: str = "cpu",
        make: MakeLockstep = Lockstep,
        coverage: Coverage | None = None,
        drawn: Drawn | None = None,
    ) -> None:
        self.seed, self.device, self.make, self.coverage = seed, device, make, coverage
        self.drawn = drawn or Drawn()
        self.runs = 0
        self.failure: Failure | None = None  # not yet cut down, if a KeyboardInterrupt came first
        self.seconds = 0.0
        self.actions: Counter[str] = Counter()
        self.moves: Counter[str] = Counter()  # made by the engine's own scheduler, too

    def run(self, seconds: float, progress: Callable[[Fuzz], None] | None = None) -> Failure | None:
        """Go on until something differs or time is up; return the failure, cut down."""
        started = time.perf_counter()
        try:
            while time.perf_counter() - started < seconds:
                if failure := self.one():
                    return failure
                self.seconds = time.perf_counter() - started
                if progress:
                    progress(self)
        finally:
            self.seconds = time.perf_counter() - started
        return None

    def one(self) -> Failure | None:
        """Perform the next run; return what differs, cut down."""
        if failure := self.met():
            self.failure = cut_down(failure.setting, failure.difference, self.make)
            return self.failure
        return None

    def met(self) -> Failure | None:
        """Perform the next run; return what differs, as it was met."""
        random = Random(f"{self.seed} {self.runs}")
        self.runs += 1
        lockstep = self.make(self.drawn.setting(random.choice, self.seed, self.device))
        if self.coverage:
            lockstep.watch = self.coverage.saw
        try:
            for name in _acted(lockstep, self.drawn, random.choice):
                self.actions[name] += 1
        except Difference as difference:
            self.failure = Failure(lockstep.setting, difference)
            return self.failure
        finally:
            self.moves += lockstep.taken
        return None


def _acted(lockstep: Lockstep, drawn: Drawn, choose: Choose[Any]) -> Iterator[str]:
    """Perform drawn actions, and yield their names."""
    draw = drawn.swarm(lockstep, choose)
    for _ in range(drawn.length):
        step = draw.next(lockstep.state, choose)
        lockstep.do(step)
        yield step[0]
