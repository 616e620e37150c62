"""Every planted bug is caught, by name, within a minute, by a minimal trace."""

from __future__ import annotations

import pytest

from spec.machine.trace import load
from stateful_tests.bugs import BUGS, TRACES, Bug, hunt
from stateful_tests.fuzz import Fuzz
from stateful_tests.run import replay
from stateful_tests.setting import Setting

LONGEST = 12
"""No bug needs more actions than this."""

every_bug = pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS)


@every_bug
def test_a_planted_bug_is_caught_within_a_minute(bug: Bug) -> None:
    found = hunt(bug, seed=0, seconds=60)
    assert found.difference is not None, f"{bug.id} was not caught in {found.actions} actions"
    assert found.difference.check in bug.checks
    assert len(found.difference.steps) <= LONGEST


@every_bug
def test_the_pinned_trace_of_a_bug_catches_it_and_is_minimal(bug: Bug) -> None:
    trace = load(TRACES / f"{bug.id}.jsonl")
    setting, steps = Setting.of(trace), list(trace.steps)
    difference = replay(setting, steps, bug.lockstep)
    assert difference is not None
    assert difference.check in bug.checks
    assert difference.steps == steps, "the last action is where it shows"
    for i in range(len(steps)):
        shorter = replay(setting, steps[:i] + steps[i + 1 :], bug.lockstep)
        assert shorter is None or shorter.check != difference.check, f"action {i} can be dropped"


@every_bug
def test_the_engine_without_the_bug_passes_its_trace(bug: Bug) -> None:
    trace = load(TRACES / f"{bug.id}.jsonl")
    assert replay(Setting.of(trace), trace.steps) is None


def test_the_engine_without_bugs_passes_the_same_effort() -> None:
    fuzz = Fuzz(seed=0)
    for _ in range(60):
        assert fuzz.one() is None
    assert sum(fuzz.actions.values()) == 60 * 100


def test_every_bug_is_planted_but_that_of_an_embedded_composition() -> None:
    own = {f"N{i}" for i in range(1, 8)} | {f"X{i}" for i in range(1, 10)}
    assert set(BUGS) == {f"B{i}" for i in range(1, 21)} - {"B17"} | own
    assert {path.stem for path in TRACES.glob("*.jsonl")} == set(BUGS)
