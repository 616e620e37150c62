"""When clients stop asking, everything ends: from every state of these worlds, by moves alone."""

import pytest

from spec.machine.progress import WORLDS_TO_REST, Progress
from spec.machine.rules import rules
from spec.machine.variant import Edit, variant
from spec.machine.worlds import WORLDS

MOST_MOVES = {
    "one-tree": 7,
    "overlap": 6,
    "one-row": 12,
    "windows": 13,
    "speculation": 6,
    "recurrent": 12,
    "hybrid": 13,
    "layers": 7,
    "plain": 13,
}
"""The most moves that the shortest way to rest takes, with reclaim; only changed on purpose."""


@pytest.mark.parametrize("name", WORLDS_TO_REST)
def test_every_state_can_come_to_rest_by_moves_alone(name: str) -> None:
    progress = Progress(rules(), WORLDS_TO_REST[name])
    progress.run()
    assert progress.wedged() is None
    assert progress.most_moves == MOST_MOVES[name]
    assert len(progress.distance) == progress.states


def test_without_reclaim_two_sessions_wedge_an_engine_with_one_row() -> None:
    progress = Progress(rules(), WORLDS["one-row"])
    progress.run()
    wedged = progress.wedged()
    assert wedged is not None
    assert [action for action, _ in wedged] == ["open", "open", "submit", "submit"]


def test_a_deferred_close_that_is_forgotten_is_seen() -> None:
    guard = "    require(s.closing[x] and s.in_flight[x] == NIL)\n"
    forgotten = Edit("moves", guard, guard.replace("NIL)", "NIL and s.slot[x] == NIL)"))
    progress = Progress(variant(forgotten), WORLDS["overlap"])
    progress.run()
    wedged = progress.wedged()
    assert wedged is not None
    assert wedged[-1][0] in ("close", "finish")
