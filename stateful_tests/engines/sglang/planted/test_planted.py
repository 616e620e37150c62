"""A bug that is planted in a release is caught, by name; without it the same search finds nothing.

Skipped for releases that are not installed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from spec.machine.trace import Step
from stateful_tests.difference import Difference
from stateful_tests.engines.contender import Contender, NotInstalledError
from stateful_tests.engines.sglang.contender import find_release
from stateful_tests.engines.sglang.findings.known import FINDINGS
from stateful_tests.engines.sglang.host.planted.known import PLANTS
from stateful_tests.engines.sglang.planted.caught import ALLOWED, CAUGHT, ENGINES, TRACES, Caught
from stateful_tests.fuzz import Fuzz
from stateful_tests.run import replay
from stateful_tests.setting import Setting

DOCUMENT = Path(__file__).parents[4] / "docs" / "engines.md"

RUNS = 40
"""Runs of 200 actions in which each bug is met, and without it nothing."""

LONGEST = 15
"""No bug needs more actions than this."""

every_engine = pytest.mark.parametrize("engine", ENGINES)
every_bug = pytest.mark.parametrize("bug", CAUGHT, ids=[bug.name for bug in CAUGHT])


def release(engine: str, planted: str = "") -> Contender:
    """Return a release with or without a bug; skip if it is not installed."""
    try:
        return find_release(f"sglang=={engine}", planted)
    except NotInstalledError as missing:
        pytest.skip(str(missing))


def met(engine: str, planted: str = "") -> Difference | None:
    """Return what a search meets that leaves known findings alone, and knows nothing of bugs."""
    contender = release(engine, planted).beyond_known
    fuzz = Fuzz(make=contender.lockstep, drawn=contender.drawn)
    while fuzz.runs < RUNS:
        if failure := fuzz.met():
            return failure.difference
    return None


def replayed(bug: Caught, steps: Sequence[Step], planted: str = "") -> Difference | None:
    """Return what goes wrong in the world of a bug's trace."""
    contender = release(bug.engines[0], planted)
    left_alone = contender if bug.hidden else contender.beyond_known
    return replay(Setting.of(bug.trace), steps, left_alone.lockstep)


@every_engine
def test_a_release_without_a_bug_passes_the_same_search(engine: str) -> None:
    assert met(engine) is None


@every_engine
def test_a_planted_bug_is_met_by_a_search_beyond_what_is_known(
    engine: str, subtests: pytest.Subtests
) -> None:
    for bug in CAUGHT:
        if engine in bug.engines and not bug.hidden:
            with subtests.test(bug.name):
                assert met(engine, bug.name), f"not met in {RUNS} runs"


@every_bug
def test_the_pinned_trace_of_a_bug_catches_it_and_is_minimal(bug: Caught) -> None:
    steps = list(bug.trace.steps)
    difference = replayed(bug, steps, bug.name)
    assert difference is not None
    assert difference.check.startswith(bug.check)
    assert difference.steps == steps, "the last action is where it shows"
    assert len(steps) <= LONGEST
    for i in range(len(steps)):
        shorter = replayed(bug, steps[:i] + steps[i + 1 :], bug.name)
        assert shorter is None or shorter.check != difference.check, f"action {i} can be dropped"


@every_bug
def test_the_release_without_the_bug_passes_its_trace(bug: Caught) -> None:
    assert replayed(bug, bug.trace.steps) is None


@every_bug
def test_a_bug_is_hidden_only_by_a_finding_that_its_releases_have(bug: Caught) -> None:
    findings = [finding for finding in FINDINGS if finding.id == bug.hidden]
    assert len(findings) == bool(bug.hidden)
    for finding in findings:
        assert {name.partition("[")[0] for name in bug.engines} <= set(finding.releases)


def test_how_much_is_shared_is_the_engines_own_choice() -> None:
    for name in ALLOWED:
        assert met(ENGINES[0], name) is None


def test_every_plant_is_told_or_allowed_and_has_its_trace() -> None:
    told = {bug.name for bug in CAUGHT}
    assert told | set(ALLOWED) == PLANTS.keys()
    assert told == {path.stem for path in TRACES.glob("*.jsonl")}


@every_bug
def test_the_documentation_tells_of_a_bug(bug: Caught) -> None:
    assert bug.row in DOCUMENT.read_text(encoding="utf-8").splitlines()
