"""Exploration: every state of each small world, their number pinned, every case reached.

A number here may change only on purpose: a guard that got weaker or stronger cannot pass unseen.
"""

from __future__ import annotations

import pytest

from spec.machine.concrete import Size
from spec.machine.explore import Exploration, Explorer
from spec.machine.rules import rules
from spec.machine.variant import Edit, variant
from spec.machine.worlds import WORLDS, World

STATES = {
    "one-session": (16_729, 249_600),
    "two-sessions": (212_226, 3_921_350),
    "few-pages": (32_005, 661_249),
    "one-row": (9_828, 206_466),
    "page-size-1": (50_721, 986_481),
}
"""Reachable states, up to the names of sessions, turns, rows and pages, and transitions."""


@pytest.mark.parametrize("name", WORLDS)
def test_a_world_has_exactly_these_states_and_no_violation(name: str) -> None:
    found = Explorer(rules(), WORLDS[name]).run(processes=2)
    assert found.violation is None
    assert found.complete
    assert (found.states, found.transitions) == STATES[name]
    if name == "two-sessions":
        assert set(found.cases) == set(rules().cases), "every case is reached in this world alone"


def test_two_sessions_has_two_sessions_four_pages_and_room_for_three_turns_each() -> None:
    world = WORLDS["two-sessions"]
    assert world.size == Size(2, 4, 2, 4, page_size=2, context_len=4)
    one = Explorer(rules(), World("alone", Size(1, 2, 1, 4, 2, 4), ((1, 0),)))
    found = one.run()
    assert found.taken["finish"] >= 3, "turn after turn finishes in one session"


def explored(processes: int) -> Exploration:
    world = World("small", Size(2, 4, 2, 3, 2, 2), ((1, 0), (1, 1)))
    return Explorer(rules(), world).run(processes=processes)


def test_two_processes_find_what_one_finds() -> None:
    one, two = explored(1), explored(2)
    assert (one.states, one.transitions, one.depth) == (two.states, two.transitions, two.depth)
    assert one.taken == two.taken
    assert {name: len(trace) for name, trace in one.cases.items()} == {
        name: len(trace) for name, trace in two.cases.items()
    }


FORGOTTEN_FREE = Edit("kv", "    free(s, r, 0, s.pages(s.allocated[r]))\n", "")
"""Release a row and forget its pages."""


def test_a_violation_comes_with_its_shortest_trace() -> None:
    found = Explorer(variant(FORGOTTEN_FREE), WORLDS["one-session"]).run()
    assert found.violation is not None
    name, trace = found.violation
    assert name == "a_held_page_is_listed_by_its_holder"
    assert [action for action, _ in trace] == ["open", "submit", "start", "reserve", "retract"]


def test_an_interrupted_exploration_is_valid_as_far_as_it_got() -> None:
    explorer = Explorer(rules(), WORLDS["one-session"])

    def interrupt(found: Exploration) -> None:
        if found.states > 1000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        explorer.run(progress=interrupt)
    assert 1000 < explorer.found.states < STATES["one-session"][0]
    assert not explorer.found.complete
    assert explorer.found.violation is None


def test_sizes_that_are_no_world_are_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError, match="page_size must be at least 1, not 0"):
        Size(2, 4, 2, 4, 0, 4)


def test_an_edit_that_does_not_fit_the_text_is_refused() -> None:
    with pytest.raises(ValueError, match="needs exactly one"):
        variant(Edit("kv", "no such text", ""))
