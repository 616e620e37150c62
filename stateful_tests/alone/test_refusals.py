"""Refused requests and impossible moves: each says why, and changes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from impl.engine import Engine
from impl.moves import Move
from impl.refused import Reason, Refused
from impl.tokens import tokens_of
from stateful_tests.alone.client import small


def state(engine: Engine) -> list[str]:
    """Return all that a client or the scheduler could notice, as text.

    Which batch may still use a record is not of that kind: one that failed may, too.
    """
    structures = (engine.sessions, engine.turns, engine.queues.waiting, engine.queues.running)
    free = (engine.allocator.free_pages, engine.rows.free_rows, engine.rows.host)
    shown = [*map(repr, structures), *map(str, free), repr(engine.moves), repr(engine.ended)]
    return [re.sub(r"batch=\d+", "", text) for text in shown]


REFUSALS: dict[str, tuple[Callable[[Engine], None], Reason]] = {
    "open twice": (lambda e: e.open(1), Reason.ALREADY_OPEN),
    "open one that is closing": (lambda e: e.open(3), Reason.ALREADY_OPEN),
    "a live turn's id": (lambda e: e.submit(9, 20, [], 1), Reason.DUPLICATE_TURN),
    "the last finished turn's id": (lambda e: e.submit(2, 10, [1], 1), Reason.DUPLICATE_TURN),
    "no such session": (lambda e: e.submit(9, 1, [], 1, replace=True), Reason.UNKNOWN_SESSION),
    "a closing session": (lambda e: e.submit(3, 1, [], 1, replace=True), Reason.CLOSING),
    "replace": (
        lambda e: e.submit(2, 1, [], 1, replace=True, drop_previous_output=True, offset=1),
        Reason.REPLACE,
    ),
    "drop": (
        lambda e: e.submit(2, 1, [], 1, drop_previous_output=True, offset=1),
        Reason.DROP_PREVIOUS_OUTPUT,
    ),
    "offset": (lambda e: e.submit(2, 1, [], 1, offset=1), Reason.OFFSET),
    "no new tokens": (lambda e: e.submit(2, 1, [], 1), Reason.EMPTY_INPUT),
    "another turn in flight": (lambda e: e.submit(2, 1, [1], 1), Reason.IN_FLIGHT),
    "plain request on an open session": (lambda e: e.generate(3, 20, [], 1), Reason.ALREADY_OPEN),
    "plain request with a live turn's id": (
        lambda e: e.generate(9, 20, [], 1),
        Reason.DUPLICATE_TURN,
    ),
    "plain request without tokens": (lambda e: e.generate(9, 1, [], 1), Reason.EMPTY_INPUT),
    "silence of nothing": (lambda e: e.stay_silent(9), Reason.UNKNOWN_SESSION),
    "abort of nobody": (lambda e: e.abort(1), Reason.UNKNOWN_TURN),
    "abort of a finished turn": (lambda e: e.abort(10), Reason.UNKNOWN_TURN),
    "close of nothing": (lambda e: e.close(9), Reason.UNKNOWN_SESSION),
}


def busy_engine() -> Engine:
    """Session 1 idle after turn 10, 2 with turn 20 running, 3 closing with turn 30 waiting."""
    engine = Engine(small(4, queue_limit=9))
    engine.open(1)
    engine.submit(1, 10, [1, 2], 1)
    engine.step()
    engine.open(2)
    engine.submit(2, 20, [3], 5)
    engine.step()
    engine.open(3)
    engine.submit(3, 30, [4], 5)
    engine.close(3)
    return engine


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refused_request_says_why_and_changes_nothing(case: str) -> None:
    request, reason = REFUSALS[case]
    engine = busy_engine()
    before = state(engine)
    with pytest.raises(Refused, match=f"^{reason}$") as refused:
        request(engine)
    assert refused.value.reason is reason
    assert state(engine) == before


def test_every_reason_to_refuse_has_a_case() -> None:
    assert {reason for _, reason in REFUSALS.values()} == set(Reason)


def test_tokens_outside_the_vocabulary_and_negative_lengths_are_errors_and_change_nothing() -> None:
    engine = busy_engine()
    before = state(engine)
    with pytest.raises(ValueError, match=r"\[64, -1\] are not in the vocabulary \[0, 64\)"):
        engine.submit(1, 11, [64, 0, -1], 1)
    with pytest.raises(ValueError, match="max_new_tokens is -1; give 0 or more"):
        engine.generate(9, 11, [1], -1)
    with pytest.raises(ValueError, match="namespace is -1; give 0 or more"):
        engine.open(9, -1)
    with pytest.raises(ValueError, match="namespace is -2; give 0 or more"):
        engine.generate(9, 11, [1], 1, namespace=-2)
    assert state(engine) == before


@pytest.mark.parametrize(
    "move",
    [
        Move("start", (20, 0)),
        Move("start", (99, 0)),
        Move("start", (30, 1)),
        Move("resume", (30,)),
        Move("reserve", (20, 9)),
        Move("extend", (20, 9)),
        Move("decode", (30,)),
        Move("collect", (20,)),
        Move("verify", (20, 1)),
        Move("slide", (20, 4)),
        Move("publish", (20,)),
        Move("finish", (10, 3)),
        Move("finish", (20, 1)),
        Move("retract", (30,)),
        Move("pre_abort", (30, "too_long")),
        Move("pre_abort", (30, "no_room")),
        Move("pre_abort", (30, "queue_full")),
        Move("abort_waiting", (30,)),
        Move("abort_first", (20,)),
        Move("abort_nth", (20,)),
        Move("end_close", (3,)),
        Move("time_out", (1,)),
        Move("reclaim", (2,)),
        Move("evict", (0, tokens_of([1, 2, 3, 4]))),
        Move("check", ()),
    ],
    ids=str,
)
def test_an_impossible_move_is_an_assertion_error_and_changes_nothing(move: Move) -> None:
    engine = busy_engine()
    before = state(engine)
    with pytest.raises(AssertionError, match=r".+: |is not a move"):
        engine.apply(move)
    assert state(engine) == before
