"""Hosted engines agree with the spec, where their findings are mended; planted bugs are caught.

Skipped for releases that are not installed.
"""

from __future__ import annotations

import pytest

from stateful_tests.engines.blocks.conftest import release
from stateful_tests.engines.blocks.contender import contender
from stateful_tests.engines.blocks.findings.known import FINDINGS, FORK, ORIGINAL
from stateful_tests.engines.blocks.releases import RELEASES
from stateful_tests.fuzz import Fuzz

VLLM = "vllm==0.33.0"

RUNS = {
    "start",
    "reserve",
    "extend",
    "decode",
    "collect",
    "publish",
    "evict",
    "finish",
    "end_close",
}
MOVES = {
    VLLM: RUNS | {"retract", "abort_first", "abort_waiting", "pre_abort"},
    ORIGINAL: RUNS | {"retract"},
    FORK: RUNS | {"retract"},
}
"""All that each engine can do."""

FREE, LOST, TWICE = "no_page_is_free_and_held", "no_page_is_lost", "no_page_has_two_holders"
KV, OUTPUT = "committed_kv_is_that_of_the_tokens", "output_equals_that_of_the_dense_model"
MOVE = "the_spec_allows_every_move"

CAUGHT = {
    (VLLM, "frees_twice"): {FREE, "locks_balance"},
    (VLLM, "keeps_a_block"): {LOST},
    (VLLM, "leaves_a_hit_evictable"): {FREE},
    (VLLM, "keeps_the_hash"): {KV, OUTPUT, "no_crash: AssertionError in cache_full_blocks"},
    (VLLM, "hashes_without_the_parent"): {KV, OUTPUT, TWICE, MOVE},
    (VLLM, "forgets_the_salt"): {KV, OUTPUT, MOVE},
    (VLLM, "hits_the_last_token"): {"no_crash: AssertionError in schedule"},
    (ORIGINAL, "frees_twice"): {FREE, "locks_balance"},
    (ORIGINAL, "keeps_a_block"): {LOST},
    (ORIGINAL, "leaves_a_hit_evictable"): {FREE},
    (ORIGINAL, "hashes_without_the_parent"): {KV, OUTPUT, TWICE, MOVE},
}
"""The checks that may see each planted bug first."""

LONGEST = 14
"""Actions of a minimal trace, at most."""


def fuzz(name: str, planted: tuple[str, ...] = ()) -> Fuzz:
    """Return drawn runs of an engine whose findings are mended, with these bugs planted."""
    mends = tuple(each.mended for each in FINDINGS if name in each.releases and each.mended)
    made = contender(release(name), (*mends, *planted))
    return Fuzz(make=made.lockstep, drawn=made.drawn)


@pytest.mark.parametrize("name", RELEASES)
def test_an_engine_agrees_with_the_spec_and_does_all_that_it_can(name: str) -> None:
    runs = fuzz(name)
    for _ in range(60):
        assert runs.one() is None
    assert runs.moves.keys() == MOVES[name]


@pytest.mark.parametrize(("name", "planted"), CAUGHT)
def test_a_planted_bug_is_caught_by_name_and_by_a_short_trace(name: str, planted: str) -> None:
    failure = fuzz(name, (planted,)).run(60)
    assert failure is not None, f"{planted} was not caught"
    assert failure.difference.check in CAUGHT[name, planted]
    assert len(failure.difference.steps) <= LONGEST
