"""A log is judged as the spec's text judges: each event, each answer, each length."""

from __future__ import annotations

import ast
import json
from itertools import islice

import pytest

from proofs.logs.runs import REFUSED, SIZES, judge_of, log, run
from spec.machine.concrete import ConcreteState
from spec.machine.log.quick import quick_text
from spec.machine.log.seen import SEEN
from spec.machine.rules import rules
from spec.machine.size import Size

SEEDS = range(12)
LENGTH = 150


@pytest.mark.parametrize("size", SIZES, ids=["tree", "window", "recurrent"])
@pytest.mark.parametrize("seed", SEEDS)
def test_each_event_is_taken_or_refused_as_the_plain_text_does(size: Size, seed: int) -> None:
    lines = list(run(size, seed, LENGTH, wild=0.3))
    assert any(line.verdict == REFUSED for line in lines)
    judge, reader = judge_of(log(size, lines))
    for line, event in zip(lines, reader.events(), strict=True):
        objection = judge.judge([event])
        assert (objection is not None) == (line.verdict == REFUSED), (line, objection)


@pytest.mark.parametrize("size", SIZES, ids=["tree", "window", "recurrent"])
@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_seen_is_what_the_plain_text_leads_to(size: Size, seed: int) -> None:
    lines = list(run(size, seed, LENGTH))
    judge, reader = judge_of(log(size, lines))
    plain = ConcreteState(rules(), size)
    for line, event in zip(lines, reader.events(), strict=True):
        name, args = line.step
        rules().actions[name].run(plain, *args)
        assert judge.judge([event]) is None
        [s] = judge.states
        for session, x in reader.names["Session"].items():
            mine, theirs = s.in_flight[x], plain.in_flight[session]
            for each, see in SEEN.items():
                assert see(s, x, mine) == see(plain, session, theirs), (each, line)


def test_a_wrong_answer_or_observation_is_named() -> None:
    lines = [line.event for line in run(SIZES[0], 0, 40)]
    at = next(i for i, line in enumerate(lines) if line["do"] == "reserve")
    for wrong, words in (
        ({"sees": {"allocated": 99}}, "the log sees allocated 99, the spec has "),
        ({"sees": {"used_pages": 99}}, "the log sees used_pages 99, the spec has "),
    ):
        text = log(SIZES[0], [])
        text += [json.dumps({**line, **(wrong if i == at else {})}) for i, line in enumerate(lines)]
        judge, reader = judge_of(text)
        objection = judge.judge(reader.events())
        assert objection is not None
        assert objection.event.number == at + 2
        assert objection.words.startswith(words)
    request = {"do": "open", "session": "a", "answer": "already_open"}
    judge, reader = judge_of([*log(SIZES[0], []), json.dumps(request)])
    objection = judge.judge(reader.events())
    assert objection is not None
    assert objection.words == "the log has the answer already_open, the spec ok"


def test_why_an_event_is_refused_is_told_down_to_the_cell() -> None:
    events = [
        {"do": "open", "session": "alice"},
        {"do": "submit", "session": "alice", "turn": "r1", "new": 3, "max_new": 2},
        {"do": "start", "turn": "r1", "hit": 0},
        {"do": "start", "turn": "r1", "hit": 0},
    ]
    judge, reader = judge_of(['{"turnstile": 1, "page_size": 4}', *map(json.dumps, events)])
    objection = judge.judge(reader.events())
    assert objection is not None
    assert objection.event.number == 5
    assert [part.text for part in objection.parts] == [
        "runnable(s, t)",
        "waiting(s, t)",
        "s.row[t] == NIL",
    ]
    assert objection.parts[-1].values == ("s.row[t] is 0",)
    assert objection.parts[-1].where.startswith("spec/state.py ")


def test_no_move_looks_through_a_whole_domain() -> None:
    for module in ("moves", "requests", "kv", "state"):
        assert "s.forall(" not in ast.unparse(quick_text(module))


def test_a_pool_without_bound_never_runs_out_and_a_small_one_does() -> None:
    def events(turns: int) -> list[str]:
        told = []
        for i in range(turns):
            told.append({"do": "open", "session": i})
            told.append({"do": "submit", "session": i, "turn": i, "new": 8, "max_new": 1})
            told.append({"do": "start", "turn": i, "hit": 0})
            told.append({"do": "reserve", "turn": i, "upto": 8})
        return [json.dumps(each) for each in told]

    for head, refused in (({}, None), ({"pages": 100}, "reserve"), ({"rows": 10}, "start")):
        text = [json.dumps({"turnstile": 1, "page_size": 1, **head}), *events(200)]
        judge, reader = judge_of(text)
        objection = judge.judge(reader.events())
        assert (objection and objection.event.name) == refused
        if objection:
            assert objection.words == "there is no room for it in the spec's pools"


def test_what_is_freed_is_chosen_again_for_as_long_as_a_log_goes_on() -> None:
    text = [
        '{"turnstile": 1, "page_size": 2, "pages": 4, "rows": 1}',
        '{"do": "open", "session": 0}',
    ]
    turn = [
        {"do": "submit", "session": 0, "turn": 0, "new": 4, "max_new": 1},
        {"do": "start", "turn": 0, "hit": 0},
        {"do": "reserve", "turn": 0, "upto": 4},
        {"do": "abort", "turn": 0},
        {"do": "abort_first", "turn": 0, "sees": {"used_pages": 0, "used_rows": 0}},
    ]
    judge, reader = judge_of([*text, *map(json.dumps, turn * 500)])
    assert judge.judge(reader.events()) is None
    [s] = judge.states
    assert len(s.freed["Page"]) <= 8, "the list of what may be free stays short"
    assert list(islice(s.owner.cells, 1)) == []
