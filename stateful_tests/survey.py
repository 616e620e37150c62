"""What is wrong with an engine? Lockstep that goes on after a failure, and tells each cause once.

Failures count as of one cause if the same check tells them after the same kinds of actions. So that
a frequent one does not hide others, runs leave out what led to those that were found before: all of
it, each with a chance of one in two, or nothing, as is drawn. What led to a cause in several ways
is left out as far as they are alike.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from random import Random
from typing import NamedTuple

from stateful_tests.culprit import Culprit, Requests, leaving_out
from stateful_tests.difference import Difference
from stateful_tests.engines.contender import Contender
from stateful_tests.fuzz import Fuzz
from stateful_tests.lockstep import Lockstep
from stateful_tests.run import Failure, MakeLockstep, cut_down, pruned, replay
from stateful_tests.setting import Setting

AGAIN = 0.1
"""How often a failure that a known cause explains is cut down all the same."""


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
        self.culprits: dict[tuple[Cause, str, str], Culprit] = {}  # what led to them
        self.requests = Requests()
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

        def watched(setting: Setting) -> Lockstep:
            lockstep = contender.lockstep(setting)
            lockstep.watch = self.requests.saw
            return lockstep

        fuzz = Fuzz(self.seed, self.device, watched, drawn=contender.drawn)
        fuzz.runs = self.runs
        failure = fuzz.met()
        self.runs = fuzz.runs
        self.actions += fuzz.actions
        if failure is not None:
            self._keep(failure, contender.lockstep)

    def _keep(self, met: Failure, make: MakeLockstep) -> None:
        """Count a failure that was met while `make` left something out.

        It is cut down with all allowed in the end: what is there only to make other actions look
        unlike those that are left out goes.
        """
        if (known := self._explained(met)) and self._random.random() > AGAIN:
            self.found[known].times += 1
            return
        failure = cut_down(met.setting, met.difference, make)
        rarest = self.requests.culprit(failure, make)
        failure = pruned(failure, self.contender.lockstep)
        cause = Cause.of(failure.difference)
        if cause in self.found:
            self.found[cause].times += 1
        else:
            self.found[cause] = Found(failure, self.seconds)
        if rarest is not None:
            key = cause, *rarest.request[:2]
            self.culprits[key] = rarest.joined(self.culprits.get(key, rarest))

    def _explained(self, met: Failure) -> Cause | None:
        """Return a known cause of the same check that explains a failure.

        Without what leads to it the same actions do not fail by this check. Nothing in particular
        leads to some: these are believed to be met again the more often they were.
        """
        alike = [cause for cause in self.found if cause.check == met.difference.check]
        blameless = list[Cause]()
        for cause in alike:
            kinds = [kind for (of, *_), kind in self.culprits.items() if of == cause]
            if not kinds:
                blameless.append(cause)
                continue
            without = leaving_out(self.contender, kinds)
            again = replay(met.setting, met.difference.steps, without.lockstep)
            if again is None or again.check != cause.check:
                return cause
        times = sum(self.found[cause].times for cause in blameless)
        return blameless[-1] if self._random.random() > 1 / (1 + times) else None

    def _drawn_culprits(self) -> list[Culprit]:
        """Draw what a run leaves out."""
        choose = self._random.choice
        match choose(["all", "some", "none"]):
            case "all":
                return self.requests.widened(self.culprits.values())
            case "some":
                return [each for each in self.culprits.values() if choose([True, False])]
        return []
