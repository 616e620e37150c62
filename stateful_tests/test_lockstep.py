"""Hypothesis searches for a run in which spec and engine part; the project cuts it down.

Hypothesis draws worlds, swarms and actions, and keeps failing runs in its database. Its own
shrinking is off: re-running the list of actions without it is quicker and ends at a minimum.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from stateful_tests.bugs import BUGS
from stateful_tests.difference import Difference
from stateful_tests.draw import Choose
from stateful_tests.engines.contender import Contender
from stateful_tests.fuzz import Drawn
from stateful_tests.report import describe, save
from stateful_tests.run import cut_down
from stateful_tests.setting import Setting

STEPS = 50
DATABASE = ".hypothesis/examples"
"""Where Hypothesis keeps failing runs, and replays them from first."""


def drawn_by(data: st.DataObject) -> Choose[Any]:
    """Let Hypothesis choose."""

    def choose(options: Sequence[Any]) -> Any:
        return data.draw(st.sampled_from(options))

    return choose


def machine(device: str, contender: Contender) -> type[RuleBasedStateMachine]:
    """Return a state machine whose every rule is one action on both sides."""
    worlds = contender.drawn

    class Sessions(RuleBasedStateMachine):
        setting: Setting

        @initialize(data=st.data())
        def begin(self, data: st.DataObject) -> None:
            choose = drawn_by(data)
            self.lockstep = contender.lockstep(worlds.setting(choose, device=device))
            type(self).setting = self.lockstep.setting
            self.drawn = worlds.swarm(self.lockstep, choose)

        @rule(data=st.data())
        def act(self, data: st.DataObject) -> None:
            self.lockstep.do(self.drawn.next(self.lockstep.state, drawn_by(data)))

    return Sessions


def search(
    sessions: type[RuleBasedStateMachine], examples: int, derandomize: bool = False
) -> Difference | None:
    """Run the machine; return the first difference, not yet cut down."""
    config = settings(
        max_examples=examples,
        derandomize=derandomize,
        database=None if derandomize else DirectoryBasedExampleDatabase(DATABASE),
        stateful_step_count=STEPS,
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    try:
        run_state_machine_as_test(sessions, settings=config)
    except Difference as difference:
        return difference
    return None


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
