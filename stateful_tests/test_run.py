"""Cutting a failure down: in a plainer world, but not in one that its actions do not fit in."""

from __future__ import annotations

from collections.abc import Sequence

from spec.machine.size import Size
from spec.machine.trace import Step
from spec.state import Edit
from stateful_tests.engines.reference.engine import ReferenceEngine
from stateful_tests.lockstep import Lockstep
from stateful_tests.prompts import Prompts
from stateful_tests.run import cut_down, replay
from stateful_tests.setting import Setting

SETTING = Setting(Size(2, 4, 2, 9, 1, 4, texts=2))


class KnowsOneText(ReferenceEngine):
    """An engine that cannot read the second text."""

    def submit(
        self, session: int, turn: int, tokens: Sequence[int], max_new: int, edit: str
    ) -> str:
        """Add a turn."""
        second = Prompts(SETTING.size, SETTING.seed, self.vocab_size).first(1, 1)
        assert list(tokens[:1]) != second, "not the first text"
        return super().submit(session, turn, tokens, max_new, edit)


def make(setting: Setting) -> Lockstep:
    """Put that engine beside the spec."""
    return Lockstep(setting, KnowsOneText)


def test_a_failure_is_not_moved_to_a_world_without_what_its_actions_name() -> None:
    steps: list[Step] = [("open", (0, 0)), ("submit", (0, 0, 1, 1, Edit.APPEND, 1))]
    difference = replay(SETTING, steps, make)
    assert difference is not None
    failure = cut_down(SETTING, difference, make)
    [(_, (*_, text))] = failure.difference.steps
    assert text in range(failure.setting.size.texts)
