"""`turnstile check`: what is printed of a log that passes, of one that does not, and of neither."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proofs.logs.runs import SIZES, log, run
from turnstile.test_help import Cli

GOOD = [
    {"turnstile": 1, "page_size": 2, "pages": 8},
    {"do": "open", "session": "alice", "answer": "ok"},
    {"do": "submit", "session": "alice", "turn": "r1", "new": 3, "max_new": 2, "answer": "ok"},
    {"do": "start", "turn": "r1", "hit": 0},
    {"do": "reserve", "turn": "r1", "upto": 3, "sees": {"used_pages": 2}},
]
LATE = {"do": "reserve", "turn": "r1", "upto": 2, "at": 17.5}


def written(tmp_path: Path, *lines: object, end: str = "") -> str:
    """Write a log, and return its path."""
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + end, encoding="utf-8")
    return str(path)


def test_a_log_that_the_spec_takes(cli: Cli, tmp_path: Path) -> None:
    called = cli("check", written(tmp_path, *GOOD))
    assert called.code == 0
    assert "ok: 4 events taken" in called.out
    assert "at the end: sessions 1, waiting 0, used_rows 1, used_pages 2" in called.out


def test_the_first_event_that_is_refused_and_why_and_what_went_before(
    cli: Cli, tmp_path: Path
) -> None:
    other = {"do": "open", "session": "bob"}
    called = cli("check", written(tmp_path, *GOOD, other, LATE, LATE))
    assert called.code == 1
    for words in (
        'line 7: reserve(turn="r1", upto=2, at=17.5)',
        "the spec forbids it here",
        "false: s.allocated[r] < upto <= ",
        "s.allocated[r] is 3",
        "upto is 2",
        "before, in the same session (4 of 4 events):",
        'line 3: submit(session="alice", turn="r1", new=3, max_new=2, answer="ok")',
        "failed: 5 events taken",
    ):
        assert words in called.out
    assert "bob" not in called.out


def test_a_log_that_was_cut_short_is_judged_as_far_as_it_goes(cli: Cli, tmp_path: Path) -> None:
    called = cli("check", written(tmp_path, *GOOD, end='{"do": "ext'))
    assert called.code == 0
    assert "the last line is cut short, and left out" in called.out


def test_a_log_comes_from_standard_input_too(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Path(written(tmp_path, *GOOD)).open(encoding="utf-8") as file:
        monkeypatch.setattr("sys.stdin", file)
        assert cli("check", "-").code == 0


def test_a_trace_of_moves_is_a_log(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_text("\n".join(log(SIZES[0], run(SIZES[0], 1, 100))) + "\n", encoding="utf-8")
    assert cli("check", str(path)).code == 0


def test_what_is_no_log_is_one_sentence(cli: Cli, tmp_path: Path) -> None:
    assert "cannot read" in cli("check", str(tmp_path / "none.jsonl")).err
    called = cli("check", written(tmp_path, *GOOD, {"do": "opne"}))
    assert (called.code, called.out) == (2, "")
    assert "line 6: unknown action 'opne'" in called.err
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    assert "is not a text file" in cli("check", str(binary)).err
