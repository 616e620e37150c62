"""A log may leave things out: what could have happened passes, and what could not does not."""

from __future__ import annotations

import json
from random import Random

import pytest

from proofs.logs.runs import SIZES, judge_of, log, run
from spec.machine.log.judge import Ambiguous
from spec.machine.log.lines import LogError
from spec.machine.size import Size

GUESSED = {"hit", "upto", "n", "drafts", "accepted", "why"}
"""Arguments that a log may do without."""

TREE = ["tree", "window", "recurrent"]


@pytest.mark.parametrize("size", SIZES, ids=TREE)
@pytest.mark.parametrize("seed", range(6))
def test_a_run_passes_whichever_arguments_are_not_told(size: Size, seed: int) -> None:
    random, text = Random(f"{seed}"), log(size, [])
    for line in run(size, seed, 60):
        hidden = {key for key in line.event.keys() & GUESSED if random.random() < 0.3}
        text.append(json.dumps({k: v for k, v in line.event.items() if k not in hidden}))
    judge, reader = judge_of(text)
    try:
        assert judge.judge(reader.events()) is None
    except Ambiguous:
        assert judge.num_events > 5


@pytest.mark.parametrize("untold", [["reserve"], ["collect"], ["reserve", "collect", "end_close"]])
@pytest.mark.parametrize("seed", range(4))
def test_a_run_passes_without_the_moves_that_are_said_to_be_untold(
    untold: list[str], seed: int
) -> None:
    told = [line for line in run(SIZES[0], seed, 40) if line.step[0] not in untold]
    judge, reader = judge_of(log(SIZES[0], told, untold=untold))
    try:
        assert judge.judge(reader.events()) is None
    except Ambiguous:
        assert judge.num_events > 5


def test_without_saying_so_a_move_cannot_be_left_out() -> None:
    told = [line for line in run(SIZES[0], 0, 200) if line.step[0] != "reserve"]
    judge, reader = judge_of(log(SIZES[0], told))
    objection = judge.judge(reader.events())
    assert objection is not None
    assert objection.event.name in ("extend", "verify")


def test_what_is_seen_later_decides_what_was_not_told() -> None:
    events = [
        {"do": "open", "session": "a"},
        {"do": "submit", "session": "a", "turn": "r", "new": 5, "max_new": 2},
        {"do": "start", "turn": "r"},
        {"do": "reserve", "turn": "r"},
    ]
    head = '{"turnstile": 1, "page_size": 2, "lookahead": 0}'
    judge, reader = judge_of([head, *map(json.dumps, events)])
    assert judge.judge(reader.events()) is None
    assert len(judge.states) == 5, "1 to 5 tokens may have room"
    more = [{"do": "extend", "turn": "r", "upto": 3, "sees": {"allocated": 4}}]
    judge, reader = judge_of([head, *map(json.dumps, events + more)])
    assert judge.judge(reader.events()) is None
    assert len(judge.states) == 1
    wrong = [{"do": "extend", "turn": "r", "upto": 3, "sees": {"allocated": 6}}]
    judge, reader = judge_of([head, *map(json.dumps, events + wrong)])
    assert judge.judge(reader.events()) is not None


def test_what_must_be_told_is_asked_for() -> None:
    events = [{"do": "open", "session": "a"}, {"do": "submit", "session": "a", "turn": "r"}]
    judge, reader = judge_of(['{"turnstile": 1, "page_size": 2}', *map(json.dumps, events)])
    with pytest.raises(LogError, match="line 3: submit must tell its new"):
        judge.judge(reader.events())


def test_a_log_that_tells_too_little_is_not_judged() -> None:
    events: list[dict[str, object]] = [
        {"do": "open", "session": "a"},
        {"do": "submit", "session": "a", "turn": "r", "new": 1000, "max_new": 2},
        {"do": "start", "turn": "r"},
        {"do": "reserve", "turn": "r"},
    ]
    judge, reader = judge_of(['{"turnstile": 1, "page_size": 2}', *map(json.dumps, events)])
    with pytest.raises(Ambiguous, match="more than 256 states"):
        judge.judge(reader.events())
