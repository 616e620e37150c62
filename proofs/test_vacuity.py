"""No proof is empty: the actions can be taken, whichever way their conditions turn out."""

from collections import Counter
from functools import cache

import pytest

from proofs.vacuity import Vacuity, paths_leave_a_gap, paths_overlap
from spec.language import Action, Broken
from spec.machine.rules import rules

IMPOSSIBLE = {
    "generate": 1,  # a session that is not open, and has a finished turn
    "collect": 6,  # KV that is not that of the tokens: the ghost is there for bugs
    "verify": 3,  # likewise, with a recurrent state and without; a recurrent state to speculate on
    "finish": 8,  # a recurrent state to wipe for want of a window, but none in the row; and so on
    "retract": 12,  # a slot, but no finished turn; no room to trim; a state, but none in the row
    "pre_abort": 8,  # QUEUE_FULL is not NO_ROOM; a slot, but no finished turn
    "abort_waiting": 1,  # a slot, but no finished turn
    "abort_nth": 2,  # likewise, with a recurrent state and without
    "close": 2,  # likewise
    "end_close": 2,  # likewise
    "time_out": 2,  # likewise
}
"""Paths that no state with the invariants takes, beside those on which an `ensure` fails."""


@cache
def vacuity() -> Vacuity:
    """The worlds of this process."""
    return Vacuity(rules())


@pytest.mark.parametrize("action", rules().actions.values(), ids=lambda action: action.name)
def test_every_path_is_taken_in_a_small_world_or_impossible_in_any(action: Action) -> None:
    impossible = Counter[bool]()
    for number, transition in enumerate(vacuity().machine.transitions(action)):
        if vacuity().is_impossible(transition):
            impossible[isinstance(transition.outcome, Broken)] += 1
        else:
            assert not isinstance(transition.outcome, Broken)
            assert vacuity().taken_in(action, number)
    assert impossible[False] == IMPOSSIBLE.get(action.name, 0)


@pytest.mark.parametrize("action", rules().actions.values(), ids=lambda action: action.name)
def test_exactly_one_path_is_taken_from_each_state(action: Action) -> None:
    machine = vacuity().machine
    transitions = machine.transitions(action)
    assert not paths_overlap(machine, transitions)
    assert not paths_leave_a_gap(machine, transitions)
