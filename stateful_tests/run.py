"""Replay a list of actions in lockstep, and cut a failing one down."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from spec.machine.trace import Step
from stateful_tests.difference import Difference
from stateful_tests.lockstep import Lockstep
from stateful_tests.setting import Setting
from stateful_tests.shrink import shrink

MakeLockstep = Callable[[Setting], Lockstep]


def replay(
    setting: Setting, steps: Iterable[Step], make: MakeLockstep = Lockstep
) -> Difference | None:
    """Perform `steps`, leaving out moves that the spec forbids; return the first difference."""
    lockstep = make(setting)
    try:
        for step in steps:
            lockstep.do(step)
    except Difference as difference:
        return difference
    return None


def cut_down(setting: Setting, difference: Difference, make: MakeLockstep = Lockstep) -> Difference:
    """Return the same failure by a minimal trace."""
    return shrink(difference, lambda steps: replay(setting, steps, make))
