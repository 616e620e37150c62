"""Lockstep for as long as you like: worlds, swarms and actions drawn from one seed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from spec.machine.concrete import Size
from spec.machine.worlds import World, each
from stateful_tests.difference import Difference
from stateful_tests.draw import Choose, Draw
from stateful_tests.lockstep import Lockstep
from stateful_tests.run import Failure, MakeLockstep, cut_down
from stateful_tests.setting import Setting

RUN_LENGTH = 100
"""Actions in one run, before the next world is drawn."""


def draw_setting(choose: Choose[Any], seed: int = 0, device: str = "cpu") -> Setting:
    """Draw a world: tight or roomy, a page of one token or of several, few or enough rows."""
    page_size, context_len = choose([1, 2, 4]), 12
    turn = -(-context_len // page_size)
    return Setting(
        Size(
            sessions=3,
            turns=7,
            rows=choose([3, 2, 1]),
            pages=turn + choose([0, 1, turn // 2, turn]),
            page_size=page_size,
            context_len=context_len,
        ),
        queue_limit=choose([2, 1]),
        token_budget=choose([6, 1, 3]),
        seed=seed,
        device=device,
    )


def draw_world(setting: Setting) -> World:
    """Return the lengths that clients ask for in a drawn setting; one is too long for any turn."""
    too_long = setting.size.context_len + 1
    return World("drawn", setting.size, each((1, 2, 3, too_long), (0, 1, 2, 3)))


class Fuzz:
    """Runs of lockstep. Every run is its seed's and number's own: the same two repeat it.

    Counts are up to date when a KeyboardInterrupt leaves `run`.
    """

    def __init__(self, seed: int = 0, device: str = "cpu", make: MakeLockstep = Lockstep) -> None:
        self.seed, self.device, self.make = seed, device, make
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
        """Perform the next run."""
        random = Random(f"{self.seed} {self.runs}")
        self.runs += 1
        setting = draw_setting(random.choice, self.seed, self.device)
        lockstep = self.make(setting)
        try:
            for name in _drawn(lockstep, random.choice):
                self.actions[name] += 1
        except Difference as difference:
            self.failure = Failure(setting, difference)
            self.failure = cut_down(setting, difference, self.make)
            return self.failure
        finally:
            self.moves += lockstep.taken
        return None


def _drawn(lockstep: Lockstep, choose: Choose[Any]) -> Iterator[str]:
    """Perform drawn actions, and yield their names."""
    draw = Draw.swarm(draw_world(lockstep.setting), choose)
    for _ in range(RUN_LENGTH):
        step = draw.next(lockstep.state, choose)
        lockstep.do(step)
        yield step[0]
