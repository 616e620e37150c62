"""The engine's own checks while it serves: what they notice, what they tell, and that they can."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from impl.engine import Engine
from impl.model.sampling import Sampling
from impl.moves import Move
from impl.self_check import REMEMBERED, CheckFailed, SelfCheck
from impl.tokens import tokens_of
from stateful_tests.alone.client import small
from stateful_tests.planted import accounting, pools, records

SUMS = "available .* = total"


def conversation(engine: Engine) -> None:
    """Let sessions take turns, of which the first is aborted while it runs, and some end early."""
    for session in (1, 2):
        engine.open(session)
    engine.submit(1, 0, [1, 2, 3, 4, 5], 9)
    for _ in range(3):
        engine.step()
    engine.abort(0)
    for turn in range(1, 9):
        serve(engine)
        stop = Sampling(stop=frozenset(range(turn % 5, 64, 5)))
        engine.submit(1 + turn % 2, turn, [turn], turn % 3 * 3, sampling=stop)
    serve(engine)


def serve(engine: Engine) -> None:
    """Step until nothing waits and nothing runs."""
    for _ in range(100):
        if engine.idle:
            return
        engine.step()
    pytest.fail("turns still wait or run")


@pytest.mark.parametrize(
    ("plant", "page_size", "words"),
    [
        (accounting.b3, 2, SUMS),
        (records.b11, 1, SUMS),
        (records.b13, 2, "pages would be free|" + SUMS),
        (pools.b19, 2, "each lock is some record's"),
    ],
    ids=["B3", "B11", "B13", "B19"],
)
def test_a_planted_bug_is_noticed_while_serving_and_told_with_the_last_actions(
    plant: Callable[[Engine], None], page_size: int, words: str
) -> None:
    engine = Engine(small(page_size, lookahead=3, num_drafts=3))
    plant(engine)
    with pytest.raises(CheckFailed, match=words) as failed:
        conversation(engine)
    told = str(failed.value).split("The last actions, oldest first:\n")[1].splitlines()
    assert 1 < len(told) <= REMEMBERED
    assert any("submit(" in line for line in told)


def test_an_engine_without_a_mistake_is_not_disturbed() -> None:
    engine = Engine(small(2, lookahead=3, num_drafts=3))
    conversation(engine)
    assert {ended.outcome for ended in engine.ended} == {"finished", "aborted"}


def test_all_structures_are_checked_once_when_the_last_turn_has_ended() -> None:
    checked, left = list[str](), [2, 1, 0, 0, 1, 0]
    sums, structures = (partial(checked.append, name) for name in ("sums", "all"))
    check = SelfCheck(sums, structures, lambda: not left[0])
    while left:
        with check.step():
            checked.append(str(left[0]))
        left.pop(0)
    assert " ".join(checked) == "2 sums 1 sums 0 sums all 0 sums 1 sums 0 sums all"


def test_what_is_told_ends_with_the_last_action_and_shortens_what_a_page_says() -> None:
    def fails() -> None:
        raise AssertionError("broken")

    check = SelfCheck(fails, fails, lambda: False)
    check.remember(Move("decode", (i,)) for i in range(REMEMBERED))
    check.remember([Move("evict", (0, tokens_of([1, 2, 3]), 1))])
    with pytest.raises(CheckFailed) as failed, check.step():
        pass
    lines = str(failed.value).splitlines()
    assert lines[:3] == ["broken", "The last actions, oldest first:", "  decode(1)"]
    assert lines[-1] == "  evict(0, 3 tokens, 1)"
    assert len(lines) == 2 + REMEMBERED
