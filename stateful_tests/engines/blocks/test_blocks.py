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

CAUGHT = {
    (VLLM, "frees_twice"): ("no_page_is_free_and_held", 3),
    (VLLM, "keeps_a_block"): ("no_page_is_lost", 2),
    (VLLM, "leaves_a_hit_evictable"): ("no_page_is_free_and_held", 4),
    (VLLM, "keeps_the_hash"): ("no_crash: AssertionError in cache_full_blocks", 9),
    (VLLM, "hashes_without_the_parent"): ("committed_kv_is_that_of_the_tokens", 2),
    (VLLM, "forgets_the_salt"): ("the_spec_allows_every_move", 5),
    (VLLM, "hits_the_last_token"): ("no_crash: AssertionError in schedule", 4),
    (ORIGINAL, "frees_twice"): ("locks_balance", 6),
    (ORIGINAL, "keeps_a_block"): ("no_page_is_lost", 2),
    (ORIGINAL, "leaves_a_hit_evictable"): ("no_page_is_free_and_held", 4),
    (ORIGINAL, "hashes_without_the_parent"): ("the_spec_allows_every_move", 6),
}
"""What tells of each planted bug with seed 0, and after how many actions."""


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
    assert (failure.difference.check, len(failure.difference.steps)) == CAUGHT[name, planted]
