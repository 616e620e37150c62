"""A busy engine has to do something, within its patience; what no move tells of counts, too."""

from __future__ import annotations

import pytest

from spec.machine.trace import STEP
from spec.state import Edit
from stateful_tests.difference import Difference
from stateful_tests.engines.plain import PLAIN
from stateful_tests.engines.toy.adapter import Toy
from stateful_tests.lockstep import Lockstep

PATIENCE = 2


class Stuck(Toy):
    """A toy that takes turns and never runs them."""

    patience = PATIENCE

    def step(self) -> None:
        """Do nothing."""


class Stirring(Stuck):
    """The same; it says at each step that a request ended which is no turn."""

    stirred = True


def busy(engine: type[Toy]) -> Lockstep:
    """Return lockstep with an engine that a turn waits for."""
    lockstep = Lockstep(PLAIN.setting(lambda options: options[0]), engine)
    lockstep.do(("open", (0, 0)))
    lockstep.do(("submit", (0, 0, 2, 1, Edit.APPEND, 0)))
    return lockstep


def test_a_busy_engine_that_does_nothing_is_told_of_after_its_patience() -> None:
    lockstep = busy(Stuck)
    for _ in range(PATIENCE):
        lockstep.do((STEP, ()))
    with pytest.raises(Difference) as told:
        lockstep.do((STEP, ()))
    assert told.value.check == "a_step_makes_progress"
    assert len(told.value.steps) == 3 + PATIENCE


def test_an_idle_engine_may_do_nothing_for_ever() -> None:
    lockstep = Lockstep(PLAIN.setting(lambda options: options[0]), Stuck)
    for _ in range(10):
        assert lockstep.do((STEP, ()))


def test_the_end_of_a_request_that_is_no_turn_counts_as_progress() -> None:
    lockstep = busy(Stirring)
    for _ in range(10):
        assert lockstep.do((STEP, ()))
    assert lockstep.state.in_flight[0] == 0
