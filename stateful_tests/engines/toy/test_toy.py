"""The toy engine agrees with the spec; with a planted bug it does not, and the bug is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stateful_tests.engines.contender import Contender
from stateful_tests.engines.engine import NotOffered
from stateful_tests.engines.find import find
from stateful_tests.engines.plain import plain_with
from stateful_tests.engines.toy import bugs
from stateful_tests.engines.toy.adapter import Toy
from stateful_tests.fuzz import Fuzz
from stateful_tests.run import Failure, replay

MOVES = {
    "start", "resume", "reserve", "extend", "collect", "finish", "retract", "reclaim", "pre_abort",
    "abort_waiting", "abort_first", "abort_nth", "end_close",
}  # fmt: skip
"""All that the toy can do."""

CHECKS = {
    "frees_under_a_turn": {"no_page_is_free_and_held"},
    # in the step that frees the page, it may be handed out again
    "frees_inside_a_page": {
        "no_page_is_free_and_held", "no_page_has_two_holders", "the_spec_allows_every_move",
    },
    "looks_back_at_the_cache_only": {
        "committed_kv_is_that_of_the_tokens", "output_equals_that_of_the_dense_model",
    },
}  # fmt: skip
"""The checks that may see each bug first."""

LONGEST = {"frees_under_a_turn": 4, "frees_inside_a_page": 9, "looks_back_at_the_cache_only": 3}


def fuzz(module: str, factory: str, seed: int = 0) -> Fuzz:
    """Return drawn runs of an engine, found as the command line finds it."""
    contender = find(f"{module}:{factory}")
    return Fuzz(seed, make=contender.lockstep, drawn=contender.drawn)


def caught(bug: str) -> Failure:
    """Return how a planted bug shows."""
    failure = fuzz(bugs.__name__, bug).run(60)
    assert failure is not None, f"{bug} was not caught"
    return failure


def test_the_toy_agrees_with_the_spec_and_does_all_that_it_can() -> None:
    runs = fuzz(Toy.__module__, Toy.__name__)
    for _ in range(60):
        assert runs.one() is None
    assert runs.moves.keys() == MOVES


@pytest.mark.parametrize(
    ("feature", "words"), [("plain requests", "as plain request"), ("time-outs", "a time-out of")]
)
def test_a_toy_in_worlds_that_are_not_its_own_says_what_it_does_not_offer(
    feature: str, words: str
) -> None:
    contender = replace(find(f"{Toy.__module__}:{Toy.__name__}"), drawn=plain_with(feature))
    runs = Fuzz(make=contender.lockstep, drawn=contender.drawn)
    with pytest.raises(NotOffered, match=words):
        runs.run(60)


@pytest.mark.parametrize("bug", CHECKS)
def test_a_bug_of_the_toy_is_caught_by_name_and_by_a_minimal_trace(bug: str) -> None:
    failure = caught(bug)
    check, steps = failure.difference.check, failure.difference.steps
    assert check in CHECKS[bug]
    assert len(steps) <= LONGEST[bug]
    make = find(f"{bugs.__name__}:{bug}").lockstep
    for i in range(len(steps)):
        shorter = replay(failure.setting, steps[:i] + steps[i + 1 :], make)
        assert shorter is None or shorter.check != check, f"action {i} can be dropped"


def test_a_minimal_trace_is_of_a_world_in_which_the_engine_works() -> None:
    """Plainer worlds have no lookahead, and without one nothing overlaps."""
    contender = Contender("overlaps", bugs.frees_under_a_turn, overlap=1)
    failure = Fuzz(make=contender.lockstep, drawn=contender.drawn).run(60)
    assert failure is not None
    assert failure.setting.overlap == failure.setting.size.lookahead == 1


def test_the_toy_without_a_bug_passes_the_traces_of_all() -> None:
    make = find(f"{Toy.__module__}:{Toy.__name__}").lockstep
    for bug in CHECKS:
        failure = caught(bug)
        assert replay(failure.setting, failure.difference.steps, make) is None
