"""Exploration: every state of each small world, their number pinned, every case reached.

A number here may change only on purpose: a guard that got weaker or stronger cannot pass unseen.
"""

from __future__ import annotations

from functools import cache

import pytest

from proofs.vectorised.explore import VectorisedExplorer
from spec.machine.explore import Exploration, Explorer
from spec.machine.rules import rules
from spec.machine.size import Size
from spec.machine.variant import Edit, variant
from spec.machine.worlds import LARGE_WORLDS, WORLDS, World

STATES = {
    "one-session": (26_207, 374_803),
    "few-pages": (54_069, 1_099_403),
    "one-row": (13_650, 275_514),
    "page-size-1": (23_653, 338_379),
    "tree": (34_309, 346_768),
    "one-tree": (2_487, 14_844),
    "overlap": (3_473, 20_576),
    "speculation": (12_115, 89_043),
    "windows": (15_111, 98_134),
    "recurrent": (23_229, 220_889),
    "hybrid": (17_730, 172_169),
    "layers": (4_266, 26_641),
    "plain": (18_268, 239_312),
}
"""Reachable states, up to the names of sessions, turns, rows and pages, and transitions."""


@cache
def whole(name: str) -> Exploration:
    """Explore a world to the end, once."""
    return VectorisedExplorer(rules(), WORLDS[name]).run()


@pytest.mark.parametrize("name", WORLDS)
def test_a_world_has_exactly_these_states_and_no_violation(name: str) -> None:
    found = whole(name)
    assert found.violation is None
    assert found.complete
    assert (found.states, found.transitions) == STATES[name]


@pytest.mark.parametrize("name", ["one-tree", "overlap", "windows"])
def test_one_state_at_a_time_finds_the_same(name: str) -> None:
    plain, found = Explorer(rules(), WORLDS[name]).run(processes=2), whole(name)
    assert (plain.states, plain.transitions, plain.depth) == (
        found.states,
        found.transitions,
        found.depth,
    )
    assert (plain.taken, plain.no_room) == (found.taken, found.no_room)
    assert {c: len(t) for c, t in plain.cases.items()} == {
        c: len(t) for c, t in found.cases.items()
    }


def test_these_worlds_together_reach_every_case_and_take_every_action() -> None:
    explored = [whole(name) for name in WORLDS]
    assert {case for found in explored for case in found.cases} == set(rules().cases)
    assert {a for found in explored for a, n in found.taken.items() if n} == set(rules().actions)


def test_two_sessions_has_two_sessions_four_pages_and_room_for_three_turns_each() -> None:
    world = LARGE_WORLDS["two-sessions"]
    assert world.size == Size(2, 4, 2, 4, page_size=2, context_len=4)
    one = Explorer(rules(), World("alone", Size(1, 2, 1, 4, 2, 4), ((1, 0, 0),)))
    found = one.run()
    assert found.taken["finish"] >= 3, "turn after turn finishes in one session"


def explored(processes: int) -> Exploration:
    world = World("small", Size(2, 3, 2, 2, 2, 2), ((1, 0, 0),))
    return Explorer(rules(), world).run(processes=processes)


def test_two_processes_find_what_one_finds() -> None:
    one, two = explored(1), explored(2)
    assert (one.states, one.transitions, one.depth) == (two.states, two.transitions, two.depth)
    assert one.taken == two.taken
    assert {name: len(trace) for name, trace in one.cases.items()} == {
        name: len(trace) for name, trace in two.cases.items()
    }


FORGOTTEN_FREE = Edit(
    "kv", "    free(s, r, s.whole(s.protected[r]), s.pages(s.allocated[r]))\n", ""
)
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
