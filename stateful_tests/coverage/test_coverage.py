"""The kept set is worth keeping, and what a run covers of it is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from spec.machine.abstract import DONE, NO_ROOM, Abstract
from spec.machine.facts import facts_before
from spec.machine.rules import rules
from spec.machine.size import Size
from spec.machine.trace import STEP, Step
from spec.state import Edit
from stateful_tests.coverage.coverage import Coverage, by_action
from stateful_tests.coverage.reachable import KEPT, StaleError, dumps, load
from stateful_tests.coverage.worlds import COVERAGE_WORLDS
from stateful_tests.fuzz import Fuzz
from stateful_tests.lockstep import Lockstep
from stateful_tests.setting import Setting

OPEN = Abstract("open", "ok", "000")
"""The first action of every run."""


def test_every_action_is_reachable_and_every_world_reaches_something() -> None:
    kept = load()
    assert {each.action for each in kept} == rules().actions.keys()
    assert frozenset().union(*kept.values()) == COVERAGE_WORLDS.keys()
    assert kept[OPEN] == COVERAGE_WORLDS.keys()


@pytest.mark.parametrize("action", rules().actions)
def test_every_fact_tells_transitions_apart_that_no_other_does(action: str) -> None:
    kept = [each for each in load() if each.action == action]
    for i, fact in enumerate(facts_before(action)):
        merged = {(each.answer, each.holds[:i], each.holds[i + 1 :]) for each in kept}
        assert len(merged) < len(kept), f"{fact.name} follows from the other facts of {action}"


def test_a_kept_set_is_read_as_it_was_written(tmp_path: Path) -> None:
    closed = Abstract("close", "unknown_session", "0" * len(facts_before("close")))
    path = tmp_path / "kept.json"
    path.write_text(dumps({"small": {OPEN}, "large": {closed, OPEN}}))
    assert load(path) == {OPEN: {"small", "large"}, closed: {"large"}}


def test_a_set_that_was_kept_for_other_facts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    path.write_text(KEPT.read_text().replace("the_turn_has_output", "the_turn_has_words"))
    with pytest.raises(StaleError, match="run `turnstile reachable`"):
        load(path)


def watched(size: Size, steps: list[Step]) -> Coverage:
    """Perform steps in lockstep and return what was told."""
    coverage, lockstep = Coverage({OPEN}), Lockstep(Setting(size))
    lockstep.watch = coverage.saw
    for step in steps:
        lockstep.do(step)
    return coverage


def test_each_move_of_a_step_is_counted_with_the_state_before_it() -> None:
    submit = ("submit", (0, 0, 2, 0, Edit.APPEND, 0))
    coverage = watched(Size(1, 2, 1, 4, 2, 4), [("open", (0, 0)), submit, (STEP, ()), (STEP, ())])
    assert by_action(coverage.seen) == dict.fromkeys(
        ("open", "submit", "start", "reserve", "extend", "collect", "publish", "finish"), 1
    )
    assert {each.answer for each in coverage.seen} == {"ok", DONE}
    assert coverage.covered == [OPEN]
    assert len(coverage.beyond) == 7


def test_refused_requests_and_moves_without_room_are_counted_and_forbidden_moves_are_not() -> None:
    asks = [("submit", (x, x, 1, 1, Edit.APPEND, 0)) for x in range(2)]
    steps = [("open", (0, 0)), ("open", (0, 0)), ("open", (1, 0)), *asks]
    forbidden = [("decode", (0,)), ("resume", (1,))]
    moves = [("start", (0, 0)), ("start", (1, 0)), *forbidden]
    seen = watched(Size(2, 3, 1, 4, 2, 4), [*steps, *moves]).seen
    counted = {(each.action, each.answer): n for each, n in seen.items() if each.action != "submit"}
    assert counted[("open", "already_open")] == 1
    assert counted[("start", DONE)] == 1
    assert counted[("start", NO_ROOM)] == 1
    assert sum(seen.values()) == 7


def test_a_drawn_run_covers_some_and_misses_some() -> None:
    coverage = Coverage()
    fuzz = Fuzz(seed=0, coverage=coverage)
    for _ in range(8):
        assert fuzz.one() is None
    assert 100 < len(coverage.covered) < len(coverage.reachable)
    assert not {*coverage.covered} & {*coverage.missed}
    assert len(coverage.covered) + len(coverage.missed) == len(coverage.reachable)
    moved = sum(n for each, n in coverage.seen.items() if each.action in fuzz.moves
                and each.answer == DONE)  # fmt: skip
    assert moved == fuzz.moves.total()
