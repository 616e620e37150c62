"""What `turnstile prove` tells after a refutation, down to what the engine does on the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from spec.machine.rules import Rules
from stateful_tests.bugs import BUGS, TRACES
from stateful_tests.difference import Difference
from stateful_tests.with_and_without import Replayed
from turnstile.conftest import A_LOST_ROW, Called
from turnstile.console import make_console
from turnstile.prove import prove_and_tell
from turnstile.refutation import tell_engines

B8 = BUGS["B8"]
RUN = TRACES / "counterexamples" / "B8.jsonl"


def test_a_planted_bug_is_told_from_the_step_to_the_engine(
    cli: Callable[..., Called], tmp_path: Path
) -> None:
    called = cli("prove", "--bug", "B8", "--trace", "b8.jsonl")
    assert called.code == 1
    story = (
        "action    abort_first(",
        "reached: 4 actions from the start break a_slot_has_a_finished_turn",
        "the engine with B8 planted fails there as well: a_slot_has_a_finished_turn after 4 act",
        "the engine without it passes\n",
        "saved: b8.jsonl",
    )
    places = [called.out.find(words) for words in story]
    assert -1 not in places, called.out
    assert places == sorted(places)
    assert (tmp_path / "b8.jsonl").read_text() == RUN.read_text()


def test_no_engine_is_asked_about_a_text_without_a_planted_bug(
    leaky_text: Rules, capsys: pytest.CaptureFixture[str]
) -> None:
    prove_and_tell(make_console(), leaky_text, "abort_first", A_LOST_ROW)
    out = capsys.readouterr().out
    assert "reached: " in out
    assert "engine" not in out


OTHER = Difference("answers_are_equal", "open is answered differently", steps=[("open", (0, 0))])


@pytest.mark.parametrize(
    ("replayed", "says"),
    [
        (
            Replayed(B8, None, None, ()),
            "the engine with B8 planted passes: the bug does not show in this run",
        ),
        (
            Replayed(B8, OTHER, None, ()),
            "the engine with B8 planted fails in another way: answers_are_equal after 1 actions",
        ),
        (
            Replayed(B8, OTHER, OTHER, ()),
            "the engine without it fails, too: answers_are_equal",
        ),
        (
            Replayed(B8, replace(OTHER, check=B8.checks[0]), None, (("decode", (0,)),)),
            "the engine without it passes; 1 left out: the spec forbids them",
        ),
    ],
)
def test_an_engine_that_does_otherwise_is_told(
    replayed: Replayed, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tell_engines(make_console(), replayed)
    assert says in capsys.readouterr().out
