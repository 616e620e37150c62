"""What once looked like a failure of a release, and was our own reading of it: it passes now.

Skipped for releases that are not installed.
"""

from __future__ import annotations

from dataclasses import replace

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


ALARMS: dict[str, tuple[str, dict[str, int], list[Step]]] = {  # engine, world, actions
    "a release clips what is asked for to its pool": (
        "sglang==0.5.18[overlap]", {"page_size": 2, "pages": 9}, [OPEN, turn(1, 15), A_STEP],
    ),
    "with overlap a turn without output is decoded once, for nothing": (
        "sglang==0.5.15[overlap]", {}, [OPEN, turn(1, 0), A_STEP, A_STEP],
    ),
    "a plain request without output, likewise": (
        "sglang==0.5.15[overlap]", {}, [("generate", (0, 0, 1, 0, 0, 0)), A_STEP, A_STEP],
    ),
    "a session is silent for long while its turn runs": (
        "sglang==0.5.23[normal]", {},
        [OPEN, turn(1, 3), A_STEP, ("stay_silent", (0,)), A_STEP, A_STEP, A_STEP],
    ),
    "a session is closed for its silence before others get its row": (
        "sglang==0.5.10.post1[normal]", {"rows": 2},
        [
            OPEN, turn(1, 1), ("open", (1, 0)), ("submit", (1, 1, 1, 1, Edit.APPEND, 0)), A_STEP,
            ("open", (2, 0)), ("submit", (2, 2, 1, 1, Edit.APPEND, 0)), ("stay_silent", (0,)),
            A_STEP,
        ],
    ),
    "what is put back before its first token is answered with a piece of its output: none": (
        "sglang==0.5.10.post1[overlap]", {"page_size": 64, "pages": 4, "context_len": 192},
        [
            OPEN, turn(1, 1), A_STEP, ("generate", (1, 1, 63, 3, 0, 0)), A_STEP, A_STEP,
            ("generate", (2, 2, 64, 1, 0, 0)), A_STEP, A_STEP,
        ],
    ),
}  # fmt: skip

ROOMY = Size(3, 7, rows=4, pages=36, page_size=1, context_len=16, lookahead=1)


@pytest.mark.parametrize("alarm", ALARMS)
def test_a_false_alarm_is_silent(alarm: str) -> None:
    engine, world, steps = ALARMS[alarm]
    try:
        contender = find(engine)
    except NotInstalledError as missing:
        pytest.skip(str(missing))
    setting = Setting(replace(ROOMY, **world), token_budget=8)
    difference = replay(setting, steps, contender.lockstep)
    assert difference is None, f"{difference}"
