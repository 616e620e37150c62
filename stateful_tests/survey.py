"""What is wrong with an engine? Lockstep that goes on after a failure, and tells each cause once.

Failures count as of one cause if the same check tells them after the same kinds of actions. So that
a frequent one does not hide others, runs leave out what led to those that were found before: all of
it, each with a chance of one in two, or nothing, as is drawn.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from itertools import groupby
from random import Random
from typing import Any, NamedTuple

from spec.machine.abstract import Abstract, abstracted
from spec.machine.concrete import ConcreteState
from spec.machine.trace import Step
from stateful_tests.difference import Difference
from stateful_tests.engines.contender import Contender
from stateful_tests.fuzz import Fuzz
from stateful_tests.lockstep import Avoid
from stateful_tests.run import Failure, MakeLockstep, perform


class Cause(NamedTuple):
    """What failures of one cause have in common."""

    check: str
    actions: tuple[str, ...]  # of the minimal trace; several steps in a row count as one

    @classmethod
    def of(cls, difference: Difference) -> Cause:
        """Return what a failure that is cut down has in common with others."""
        return cls(
            difference.check, tuple(name for name, _ in groupby(s[0] for s in difference.steps))
        )


@dataclass
class Found:
    """The failures of one cause: the first one, cut down, and how many there were."""

    failure: Failure
    seconds: float  # from the beginning of the search
    times: int = 1


class Survey:
    """Runs of lockstep with one engine. Counts are up to date when a KeyboardInterrupt comes."""

    def __init__(self, contender: Contender, seed: int = 0, device: str = "cpu") -> None:
        self.contender, self.seed, self.device = contender, seed, device
        self.found: dict[Cause, Found] = {}
        self.culprits: dict[Abstract, None] = {}  # the last requests of minimal traces
        self.runs = 0
        self.seconds = 0.0
        self.actions: Counter[str] = Counter()
        self._random = Random(f"survey {seed}")

    def run(self, seconds: float, progress: Callable[[], None] | None = None) -> None:
        """Go on until time is up."""
        started = time.perf_counter()
        while self.seconds < seconds:
            self.one()
            self.seconds = time.perf_counter() - started
            if progress:
                progress()

    def one(self) -> None:
        """Perform one run; keep what fails."""
        contender = leaving_out(self.contender, self._drawn_culprits())
        fuzz = Fuzz(self.seed, self.device, contender.lockstep, drawn=contender.drawn)
        fuzz.runs = self.runs
        failure = fuzz.one()
        self.runs = fuzz.runs
        self.actions += fuzz.actions
        if failure is None:
            return
        cause = Cause.of(failure.difference)
        if cause in self.found:
            self.found[cause].times += 1
        else:
            self.found[cause] = Found(failure, self.seconds)
        if (last := culprit(failure, contender.lockstep)) is not None:
            self.culprits[last] = None

    def _drawn_culprits(self) -> list[Abstract]:
        """Draw what a run leaves out."""
        choose = self._random.choice
        match choose(["all", "some", "none"]):
            case "all":
                return list(self.culprits)
            case "some":
                return [each for each in self.culprits if choose([True, False])]
        return []


def culprit(failure: Failure, make: MakeLockstep) -> Abstract | None:
    """Return the last request of a minimal trace, as an abstract transition."""
    lockstep, requests = make(failure.setting), list[Abstract]()

    def watch(state: ConcreteState, step: Step, answer: Any) -> None:
        if step[0] in state.rules.requests:
            requests.append(abstracted(state, step, answer))

    lockstep.watch = watch
    perform(lockstep, failure.difference.steps)
    return requests[-1] if requests else None


def leaving_out(contender: Contender, requests: Collection[Abstract]) -> Contender:
    """Return the engine, not asked for these requests, nor for what it is not asked for anyway."""
    known, names = contender.drawn.avoided, {request.action for request in requests}

    def avoided(state: ConcreteState, step: Step) -> bool:
        if known and known(state, step):
            return True
        name, args = step
        if name not in names:
            return False
        answer = state.rules.requests[name].run(state.fork(), *args)
        return abstracted(state, step, answer) in requests

    avoid: Avoid = avoided
    return replace(contender, drawn=replace(contender.drawn, avoided=avoid))
