"""What the prover finds in the spec text with a bug also goes wrong on the engine with that bug.

Each trace is the run that `turnstile prove --bug B16 --trace FILE` finds: the prover's
counterexample, followed from the start. Every action is a request or a single move, so it is the
engine's mechanism that is steered here, none of its policy.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from spec.machine.trace import STEP, load
from stateful_tests.bugs import BUGS, TRACES, Bug
from stateful_tests.with_and_without import replay_with_and_without

COUNTEREXAMPLES = TRACES / "counterexamples"
"""One run for each bug that is planted in the spec text, too; `proofs/test_planted.py` finds it."""

IN_THE_SPEC = [bug for bug in BUGS.values() if bug.id.startswith("B")]
"""N1 was never planted there."""


@pytest.mark.parametrize("bug", IN_THE_SPEC, ids=lambda bug: bug.id)
def test_a_run_that_breaks_the_spec_with_a_bug_breaks_the_engine_with_the_same_bug(
    bug: Bug, device: str
) -> None:
    trace = load(COUNTEREXAMPLES / f"{bug.id}.jsonl")
    assert STEP not in [name for name, _ in trace.steps]
    replayed = replay_with_and_without(bug, trace, device)
    assert replayed.with_bug is not None
    assert replayed.fails_by_name, str(replayed.with_bug)
    assert tuple(replayed.with_bug.steps) == trace.steps, "the last action is where both go wrong"
    assert replayed.without is None, str(replayed.without)
    assert replayed.left_out == (), "the spec without the bug allows every action"


def test_what_only_the_bug_allows_is_left_out_without_it() -> None:
    """A second turn is refused, and so it cannot start."""
    trace = load(TRACES / "B6.jsonl")
    second = ("start", (1, 0))
    replayed = replay_with_and_without(BUGS["B6"], replace(trace, steps=(*trace.steps, second)))
    assert replayed.fails_by_name
    assert replayed.without is None
    assert replayed.left_out == (second,)


def test_every_bug_of_the_spec_has_its_run() -> None:
    assert {path.stem for path in COUNTEREXAMPLES.glob("*.jsonl")} == {b.id for b in IN_THE_SPEC}
