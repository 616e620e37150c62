"""All findings in engines with hashed blocks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stateful_tests.engines import finding

TRACES = Path(__file__).parent / "traces"
"""The minimal trace of each finding."""

ORIGINAL, FORK = "nano-vllm-npu==0.0.2", "nano-vllm-fork==20260210"


@dataclass(frozen=True)
class Finding(finding.Finding):
    """What is wrong with releases."""

    releases: tuple[str, ...]  # that have it
    mended: str = ""  # which of the host's plants takes it away

    @property
    def traces(self) -> Path:
        """The folder that has its minimal trace."""
        return TRACES


FINDINGS = (
    Finding(
        "N1",
        "a prompt that is cached as a whole is not computed at all",
        "the answer begins with a token that was said to another request, or the engine stops",
        ("the_spec_allows_every_move",),
        "engine/block_manager.py 59, `allocate` looks every full block up, also that of the last "
        "token, and leaves no token whose logits say the next one",
        (ORIGINAL, FORK),
        mended="mends_whole_hits",
    ),
    Finding(
        "N2",
        "a block that is handed out is still found by its old hash",
        "the answer continues another conversation",
        ("output_equals_that_of_the_dense_model",),
        "engine/block_manager.py 43, `_allocate_block` leaves the entry in `hash_to_block_id`, and "
        "67 takes any block whose own tokens are the same, whatever came before them",
        (ORIGINAL,),
        mended="mends_stale_hashes",
    ),
    Finding(
        "N3",
        "a request that can never run stops the engine",
        "AssertionError, and all requests are gone; one prompt larger than the pool is enough",
        ("no_crash: AssertionError in schedule",),
        "engine/scheduler.py 57, in the fork 170: `schedule` asserts that somebody was scheduled, "
        "and `add` takes what never fits",
        (ORIGINAL, FORK),
    ),
    Finding(
        "N4",
        "a sequence that is put back runs on",
        "when memory is short the engine stops, or a request is computed twice and says more",
        ("clients_are_told_how_their_turns_end",),
        "engine/scheduler.py 154, `schedule` puts back what it took from a copy of `running`, and "
        "the sequence then stands in both queues",
        (FORK,),
        mended="mends_put_backs",
    ),
)
