"""A survey tells bugs apart, goes on behind the frequent ones, and is repeated by its seed."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from stateful_tests.engines.contender import Contender
from stateful_tests.engines.toy.adapter import Toy
from stateful_tests.engines.toy.bugs import FreesInsideAPage, FreesUnderATurn
from stateful_tests.engines.toy.engine import ToyEngine
from stateful_tests.run import Failure, cut_down, replay
from stateful_tests.survey import Cause, Survey


class Both(FreesUnderATurn, FreesInsideAPage):
    """A toy with two bugs."""


BAD = Contender("bad", lambda setting: Toy(setting, Both))


def surveyed(runs: int) -> Survey:
    """Make so many runs."""
    survey = Survey(BAD)
    for _ in range(runs):
        survey.one()
    return survey


def test_two_bugs_are_told_apart_each_with_its_minimal_trace() -> None:
    made = {tuple(_bugs(found.failure)): found for found in surveyed(15).found.values()}
    assert {(FreesUnderATurn,), (FreesInsideAPage,)} <= made.keys()
    assert all(len(found.failure.difference.steps) <= 12 for found in made.values())


def _bugs(failure: Failure) -> list[type[ToyEngine]]:
    """Return which of the bugs alone shows the same failure."""
    return [bug for bug in (FreesUnderATurn, FreesInsideAPage) if _shows(bug, failure)]


def _shows(bug: type[ToyEngine], failure: Failure) -> bool:
    contender = Contender("one bug", lambda setting: Toy(setting, bug))
    alone = replay(failure.setting, failure.difference.steps, contender.lockstep)
    return alone is not None and Cause.of(alone) == Cause.of(failure.difference)


def test_the_same_seed_finds_the_same() -> None:
    first, second = surveyed(10), surveyed(10)
    assert first.found.keys() == second.found.keys()
    assert first.actions == second.actions


def test_a_sound_engine_has_nothing_to_find() -> None:
    survey = Survey(Contender("toy", Toy))
    for _ in range(10):
        survey.one()
    assert (survey.found, survey.culprits, survey.runs) == ({}, {}, 10)


def test_most_failures_of_a_known_cause_are_counted_and_not_cut_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cut = list[Failure]()

    def counted(*failure: Any) -> Failure:
        cut.append(cut_down(*failure))
        return cut[-1]

    monkeypatch.setattr("stateful_tests.survey.cut_down", counted)
    found = surveyed(60).found.values()
    assert len(found) <= len(cut) < 0.7 * sum(each.times for each in found)


def test_a_survey_ends_in_time_and_tells_of_its_progress() -> None:
    seen = list[float]()
    survey = Survey(BAD)
    survey.run(0.5, lambda: seen.append(survey.seconds))
    assert seen
    assert seen[-1] >= 0.5
    assert all(a <= b for a, b in pairwise(seen))
