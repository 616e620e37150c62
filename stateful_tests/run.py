"""Run lockstep: replay a list of actions, or draw new ones until something differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from random import Random

from spec.machine.trace import Step
from spec.machine.worlds import World
from stateful_tests.difference import Difference
from stateful_tests.draw import Draw
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


def random_run(
    setting: Setting,
    world: World,
    seed: str,
    num_steps: int,
    make: MakeLockstep = Lockstep,
    taken: Counter[str] | None = None,
) -> Difference | None:
    """Draw `num_steps` actions from `seed`, count them in `taken`, return the first difference."""
    random = Random(seed)
    lockstep = make(setting)
    draw = Draw.swarm(world, random.choice)
    try:
        for _ in range(num_steps):
            step = draw.next(lockstep.state, random.choice)
            lockstep.do(step)
            if taken is not None:
                taken[step[0]] += 1
    except Difference as difference:
        return difference
    return None
