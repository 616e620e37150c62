"""Traces: the format reads what it writes, and says what is wrong with what it cannot read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.language import Len
from spec.machine.rules import rules
from spec.machine.size import Size
from spec.machine.trace import (
    DRIVERS,
    Point,
    Step,
    Trace,
    TraceError,
    load,
    loads,
    parameters,
    show,
)
from spec.state import Edit, Why
from stateful_tests.bugs import TRACES
from stateful_tests.run import replay
from stateful_tests.setting import Setting

SIZE = Size(sessions=2, turns=5, rows=2, pages=4, page_size=2, context_len=6, namespaces=2, texts=2)
NUMBERS = st.integers(0, 10**6)
IDENTITIES = st.integers(0, 1)


@st.composite
def steps(draw: st.DrawFn) -> Step:
    """Draw an action with any arguments of its sorts."""
    name = draw(st.sampled_from([*rules().actions, *DRIVERS]))
    sorts = parameters(name).values()
    enums = {sort: st.sampled_from(sort) for sort in (Edit, Why, Point)}
    return name, tuple(
        draw(enums.get(sort, NUMBERS if sort == Len else IDENTITIES)) for sort in sorts
    )


@given(st.lists(steps()), st.dictionaries(st.sampled_from(["seed", "token_budget"]), NUMBERS))
def test_a_trace_is_read_back_as_it_was_written(drawn: list[Step], options: dict[str, int]) -> None:
    trace = Trace(SIZE, tuple(drawn), options)
    assert loads(trace.dumps()) == trace


def test_an_action_reads_as_a_call() -> None:
    step: Step = ("submit", (0, 1, 2, 3, Edit.APPEND, 0))
    assert show(step) == 'submit(session=0, turn=1, new=2, max_new=3, edit="append", text=0)'


HEAD = Trace(SIZE, ()).dumps()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "trace is empty"),
        ("{}", "a trace begins with"),
        ('{"turnstile": 1', "line 1: not JSON"),
        ('{"turnstile": 1, "sessions": 2}', "the field 'turns' is missing"),
        (HEAD.replace('"page_size": 2', '"page_size": 0'), "page_size must be at least 1"),
        (HEAD.replace('"rows": 2', '"rows": "2"'), "rows must be a whole number"),
        (HEAD + "[1, 2]", "line 2: expected a JSON object"),
        (HEAD.replace('"pages": 4', '"pages": 90000000000'), "the most that can be replayed"),
        (HEAD + '{"do": "fly"}', "unknown action 'fly'"),
        (HEAD + '{"do": ["open"]}', "unknown action"),
        (HEAD + '{"do": "open", "session": 9}', "this world has sessions 0 to 1"),
        (HEAD + '{"do": "extend", "turn": 0, "upto": 3000000000}', "the most that can be replayed"),
        (HEAD + '{"do": "start"', "line 2: not JSON"),
        (HEAD + '{"do": "start"}', "the field 'turn' is missing"),
        (HEAD + '{"do": "start", "turn": -1}', "turn must be a whole number from 0 on, not -1"),
        (HEAD + '{"do": "start", "turn": 0, "row": 3}', "start has no argument row"),
        (HEAD + '{"do": "fault", "turn": 0, "point": "cable"}', "point must be one of forward"),
        (HEAD + '{"do": "pre_abort", "turn": 0, "why": "tired"}', "why must be one of too_long"),
    ],
)
def test_a_bad_trace_is_refused_in_one_sentence(text: str, says: str) -> None:
    with pytest.raises(TraceError, match=says) as refused:
        loads(text)
    assert "\n" not in str(refused.value)


def test_a_missing_trace_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="cannot read"):
        load(tmp_path / "none.jsonl")


def test_a_binary_trace_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "picture.jsonl"
    path.write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(TraceError, match="is not a text file"):
        load(path)


@pytest.mark.parametrize("path", sorted((TRACES / "found").glob("*.jsonl")), ids=lambda p: p.stem)
def test_what_was_found_once_agrees_now(path: Path, device: str) -> None:
    trace = load(path)
    assert replay(Setting.of(trace, device), trace.steps) is None
