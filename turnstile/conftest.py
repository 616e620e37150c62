"""How the tests call the command line, and small texts and worlds to call it on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from spec.machine.rules import Rules, rules
from spec.machine.size import Size
from spec.machine.variant import Edit, variant
from spec.machine.worlds import World
from turnstile.app import call

TINY = World("tiny", Size(1, 2, 1, 2, 1, 2), asks=((1, 0, 0), (1, 1, 0)))
"""One session, one row, two pages: explored in a moment."""


A_LOST_ROW = "a_row_with_a_holder_is_that_sessions_row"
"""What the leaky text violates."""


@dataclass(frozen=True)
class Called:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str


@pytest.fixture
def cli(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Called]:
    """Return what runs a command in an empty folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Called:
        code = call(arguments)
        out, err = capsys.readouterr()
        return Called(code, out, err)

    return run


def write_requests(path: Path, num: int) -> Path:
    """Write `num` recorded requests in Mooncake's format: conversations of three turns each."""
    lines = [
        {
            "timestamp": 100 * i,
            "input_length": 1024 + 512 * (i % 3),
            "output_length": 64,
            "hash_ids": [0, *range(i // 3 * 10 + 1, i // 3 * 10 + i % 3 + 2)],
        }
        for i in range(num)
    ]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


@pytest.fixture(scope="session")
def tiny_text() -> Rules:
    """Return the rules as they stand, with only such cases as the tiny world reaches."""
    text = rules()
    name = "a_turn_finishes_without_output"
    return replace(text, cases={name: text.cases[name]})


@pytest.fixture(scope="session")
def leaky_text() -> Rules:
    """Return rules in which an aborted first turn forgets its row without giving it back."""
    return variant(
        Edit("moves", "    release(s, s.row[t])\n    s.row[t] = NIL\n", "    s.row[t] = NIL\n")
    )
