"""Abstract transitions, of many states at a time, are those of one state at a time."""

from __future__ import annotations

import pytest

from proofs.vectorised.abstract import AbstractTransitions
from proofs.vectorised.explore import VectorisedExplorer
from proofs.vectorised.test_vectorised import SMALL
from spec.machine.abstract import NO_ROOM, Abstract, abstracted, transitions
from spec.machine.explore import Explorer
from spec.machine.facts import facts_before
from spec.machine.rules import rules
from spec.machine.size import Size
from spec.machine.worlds import World
from spec.state import Answer, Edit


@pytest.mark.parametrize("name", ["refusals", "speculation", "windows", "recurrent", "hybrid"])
def test_both_explorers_find_the_same_abstract_transitions(name: str) -> None:
    world, found = SMALL[name], set[Abstract]()
    explorer = VectorisedExplorer(rules(), world)
    vectorised = AbstractTransitions(explorer.machine)
    explorer.run(visit=vectorised.visit)
    Explorer(rules(), world).run(
        visit=lambda cells: found.update(transitions(rules(), world, cells))
    )
    assert len(found) > 80
    assert vectorised.found == found


TWO_SESSIONS = World("two sessions", Size(2, 3, 1, 2, 1, 3), ())


def test_a_transition_is_told_by_its_answer_and_by_what_holds_before_it() -> None:
    state = TWO_SESSIONS.initial(rules())
    seen = []
    for name, args in (
        ("open", (0, 0)),
        ("open", (0, 0)),
        ("open", (1, 0)),
        ("submit", (0, 0, 1, 1, Edit.APPEND, 0)),
        ("start", (0, 0)),
        ("reserve", (0, 1)),
    ):
        before = state.fork()
        answer = rules().actions[name].run(state, *args)
        seen.append(str(abstracted(before, (name, args), answer)).partition("; not")[0])
    assert seen == [
        "open (ok): nothing of note",
        "open (already_open): nothing of note",
        "open (ok): another session is open",
        "submit (ok): nothing of note",
        "start: it takes all that the tree has",
        "reserve: it is the first reservation, it needs pages",
    ]


def test_a_session_concerns_its_turn_in_flight_and_that_turns_row() -> None:
    state = TWO_SESSIONS.initial(rules())
    for name, args in (
        ("open", (0, 0)),
        ("submit", (0, 0, 1, 1, Edit.APPEND, 0)),
        ("start", (0, 0)),
        ("reserve", (0, 1)),
        ("extend", (0, 1)),
    ):
        rules().actions[name].run(state, *args)
    held = str(abstracted(state, ("close", (0,)), Answer.OK)).partition("; not")[0]
    assert "its session has a running turn" in held
    assert "a batch is unread" in held


def test_a_move_without_room_is_told_apart() -> None:
    state = TWO_SESSIONS.initial(rules())
    for x in (0, 1):
        rules().actions["open"].run(state, x, 0)
        rules().actions["submit"].run(state, x, x, 1, 0, Edit.APPEND, 0)
    rules().actions["start"].run(state, 0, 0)
    found = set(transitions(rules(), TWO_SESSIONS, state.cells()))
    assert {each.answer for each in found if each.action == "start"} == {NO_ROOM}
    assert all(len(each.holds) == len(facts_before(each.action)) for each in found)
