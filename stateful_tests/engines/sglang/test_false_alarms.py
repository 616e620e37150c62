"""What once looked like a failure of a release, and was our own reading of it: it passes now.

Skipped for releases that are not installed.
"""

from __future__ import annotations

import pytest

from spec.machine.size import Size
from spec.machine.trace import STEP, Step
from spec.state import Edit
from stateful_tests.engines.contender import NotInstalledError
from stateful_tests.engines.find import find
from stateful_tests.run import replay
from stateful_tests.setting import Setting

A_STEP: Step = (STEP, ())
OPEN: Step = ("open", (0, 0))


def turn(new: int, max_new: int) -> Step:
    """Return the first turn of the first session."""
    return "submit", (0, 0, new, max_new, Edit.APPEND, 0)


ALARMS: dict[str, tuple[str, int, int, list[Step]]] = {
    # engine, page_size, pages
    "a release clips what is asked for to its pool": (
        "sglang==0.5.18[overlap]", 2, 9, [OPEN, turn(1, 15), A_STEP],
    ),
    "with overlap a turn without output is decoded once, for nothing": (
        "sglang==0.5.15[overlap]", 1, 36, [OPEN, turn(1, 0), A_STEP, A_STEP],
    ),
    "a plain request without output, likewise": (
        "sglang==0.5.15[overlap]", 1, 36,
        [("generate", (0, 0, 1, 0, 0, 0)), A_STEP, A_STEP],
    ),
    "a session is silent for long while its turn runs": (
        "sglang==0.5.23[normal]", 1, 36,
        [OPEN, turn(1, 3), A_STEP, ("stay_silent", (0,)), A_STEP, A_STEP, A_STEP],
    ),
}  # fmt: skip


@pytest.mark.parametrize("alarm", ALARMS)
def test_a_false_alarm_is_silent(alarm: str) -> None:
    engine, page_size, pages, steps = ALARMS[alarm]
    try:
        contender = find(engine)
    except NotInstalledError as missing:
        pytest.skip(str(missing))
    size = Size(
        sessions=3, turns=7, rows=4, pages=pages, page_size=page_size, context_len=16, lookahead=1
    )
    difference = replay(Setting(size, token_budget=8), steps, contender.lockstep)
    assert difference is None, f"{difference}"
