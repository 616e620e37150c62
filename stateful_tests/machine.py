"""A Hypothesis state machine: spec and engine side by side, each of its rules one action on both.

Hypothesis draws worlds, swarms and actions, and keeps failing runs in its database. Its own
shrinking is off: re-running the list of actions without it is quicker and ends at a minimum.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from stateful_tests.difference import Difference
from stateful_tests.draw import Choose
from stateful_tests.engines.contender import Contender
from stateful_tests.setting import Setting

STEPS = 50
DATABASE = ".hypothesis/examples"
"""Where Hypothesis keeps failing runs, and replays them from first."""


@cache
def places(num: int) -> st.SearchStrategy[int]:
    """Return what draws a place in a sequence. To make it anew would take longer than to draw."""
    return st.sampled_from(range(num))


def drawn_by(data: st.DataObject) -> Choose[Any]:
    """Let Hypothesis choose."""

    def choose(options: Sequence[Any]) -> Any:
        return options[data.draw(places(len(options)))]

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
