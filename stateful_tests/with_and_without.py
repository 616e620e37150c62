"""One trace on two engines, one with a planted bug and one without. Does it tell the bug?

A run that the spec text with the same bug makes must fail on the one, and pass on the other.
"""

from __future__ import annotations

from dataclasses import dataclass

from spec.machine.trace import Step, Trace
from stateful_tests.bugs import Bug
from stateful_tests.difference import Difference
from stateful_tests.lockstep import Lockstep
from stateful_tests.run import replay
from stateful_tests.setting import Setting


@dataclass(frozen=True)
class Replayed:
    """What the two engines did. `left_out` is what the spec forbids on the one without the bug."""

    bug: Bug
    with_bug: Difference | None
    without: Difference | None
    left_out: tuple[Step, ...]

    @property
    def fails_by_name(self) -> bool:
        """The engine with the bug fails, and by a check that may see this bug first."""
        return self.with_bug is not None and self.with_bug.check in self.bug.checks


def replay_with_and_without(bug: Bug, trace: Trace, device: str = "cpu") -> Replayed:
    """Perform the actions of `trace` on an engine with `bug`, then on one without."""
    setting = Setting.of(trace, device)
    lockstep, left_out, without = Lockstep(setting), list[Step](), None
    try:
        for step in trace.steps:
            if not lockstep.do(step):
                left_out.append(step)
    except Difference as difference:
        without = difference
    with_bug = replay(setting, trace.steps, bug.lockstep)
    return Replayed(bug, with_bug, without, tuple(left_out))
