"""Hypothesis searches for a run in which spec and engine part; the project cuts it down."""

from __future__ import annotations

from pathlib import Path

import pytest

from stateful_tests.bugs import BUGS
from stateful_tests.engines.contender import Contender
from stateful_tests.fuzz import Drawn
from stateful_tests.machine import machine, search
from stateful_tests.report import describe, save
from stateful_tests.run import cut_down
from stateful_tests.setting import Setting


def test_engine_and_spec_agree_in_every_run(
    request: pytest.FixtureRequest, contender: Contender, device: str, tmp_path: Path
) -> None:
    sessions = machine(device, contender)
    difference = search(sessions, request.config.getoption("--examples"))
    if difference:
        setting: Setting = sessions.setting  # type: ignore[attr-defined]
        failure = cut_down(setting, difference, contender.lockstep)
        words = describe(failure, save(failure, tmp_path), contender.name)
        pytest.fail(words, pytrace=False)


def test_hypothesis_finds_a_planted_bug_and_the_project_cuts_it_down() -> None:
    bug = BUGS["B13"]
    sessions = machine("cpu", Contender("B13", bug.engine, Drawn()))
    difference = search(sessions, 200, derandomize=True)
    assert difference is not None, "B13 was not found"
    setting: Setting = sessions.setting  # type: ignore[attr-defined]
    minimal = cut_down(setting, difference, bug.lockstep).difference
    assert minimal.check in bug.checks
    assert len(minimal.steps) <= 12
