"""What cannot be read as a log: one sentence that names the line and says what would be right."""

from __future__ import annotations

import pytest

from spec.machine.log.lines import LogError, Reader

HEAD = '{"turnstile": 1, "page_size": 4}'
OPEN = '{"do": "open", "session": "a"}'


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "log, line 1: a log begins with"),
        ([OPEN], "log, line 1: a log begins with"),
        (['{"turnstile": 1}'], "line 1: page_size is missing"),
        (['{"turnstile": 1, "page_size": 0}'], "line 1: page_size must be at least 1"),
        (['{"turnstile": 1, "page_size": "4"}'], "page_size must be a whole number from 0 on"),
        ([HEAD[:-1] + ', "untold": ["reserv"]}'], "untold is a list of some of start, "),
        ([HEAD, '{"do": "opne"}'], "line 2: unknown action 'opne'; actions are open, "),
        ([HEAD, '{"do": "step"}'], "`step` tells none"),
        ([HEAD, '{"do": "open", "session": "a", "colour": 1}'], "open has no argument colour"),
        ([HEAD, '{"do": "open", "session": ["a"]}'], "session is a name"),
        ([HEAD, OPEN, '{"do": "reserve", "turn": 1, "upto": -1}'], "line 3: upto must be a whole"),
        ([HEAD, '{"do": "reserve", "turn": 1, "upto": true}'], "upto must be a whole number"),
        ([HEAD, '{"do": "pre_abort", "turn": 1, "why": "bored"}'], "why must be one of too_long"),
        (
            [HEAD, '{"do": "submit", "session": 1, "turn": 1, "text": "abc"}'],
            "text is a list of strings",
        ),
        ([HEAD, '{"do": "open", "session": "a", "sees": {"mood": 1}}'], "sees is an object with"),
        ([HEAD, "[1]", OPEN], "line 2: expected a JSON object"),
        ([HEAD, '{"do": \n', OPEN], "line 2: not JSON"),
    ],
)
def test_a_bad_line_is_named(lines: list[str], words: str) -> None:
    with pytest.raises(LogError) as wrong:
        list(Reader(lines).events())
    assert words in str(wrong.value)


def test_a_last_line_that_is_cut_short_is_left_out() -> None:
    reader = Reader([HEAD + "\n", OPEN + "\n", '{"do": "clo'])
    assert [event.name for event in reader.events()] == ["open"]
    assert reader.is_cut


def test_blank_lines_and_times_say_nothing() -> None:
    reader = Reader([HEAD, "\n", '{"do": "open", "session": "a", "at": 1.5}', ""])
    assert [event.number for event in reader.events()] == [3]
    assert not reader.is_cut
