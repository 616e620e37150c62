"""No proof is empty: the actions can be taken, whichever way their conditions turn out."""

from collections import Counter
from functools import cache

import pytest

from proofs.vacuity import Vacuity, paths_leave_a_gap, paths_overlap
from spec.language import Action, Broken
from spec.machine.rules import rules

IMPOSSIBLE = {
    "close": 1,  # a slot, but no finished turn
    "end_close": 1,  # likewise
    "retract": 5,  # likewise, four times; committed beyond the history, but allocated within it
    "resume": 2,  # a slot that holds all of the next turn: its prompt is longer than the history
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
        if vacuity().taken_in(action, number) is None:
            assert vacuity().is_impossible(transition)
            impossible[isinstance(transition.outcome, Broken)] += 1
        else:
            assert not isinstance(transition.outcome, Broken)
    assert impossible[False] == IMPOSSIBLE.get(action.name, 0)


@pytest.mark.parametrize("action", rules().actions.values(), ids=lambda action: action.name)
def test_exactly_one_path_is_taken_from_each_state(action: Action) -> None:
    machine = vacuity().machine
    transitions = machine.transitions(action)
    assert not paths_overlap(machine, transitions)
    assert not paths_leave_a_gap(machine, transitions)
