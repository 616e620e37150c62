"""Planted in what is handed out and given back: locations, pages, rows."""

from __future__ import annotations

from typing import Any

from stateful_tests.engines.sglang.host.planted.parts import (
    layer_of,
    length,
    own_locations,
    when_kept,
)

FREES = ("free", "free_segment", "free_segments")
"""The allocator's methods that take locations back; not every release has all."""


def kept(*_args: Any, **_named: Any) -> None:
    """Give nothing back."""


def keeping(allocator: Any) -> dict[str, Any]:
    """Return what an allocator frees with, replaced by what gives nothing back."""
    return {name: kept for name in FREES if hasattr(allocator, name)}


def frees_from_inside_a_page(scheduler: Any) -> None:
    """The end of a turn frees the page in which its tokens end, though they are kept."""
    size = scheduler.page_size

    def freed(slot: Any) -> None:
        if length(slot, "kv_allocated_len") % size and len(own := own_locations(scheduler, slot)):
            scheduler.token_to_kv_pool_allocator.free(own[-1:])

    when_kept(scheduler, freed)


def frees_twice(scheduler: Any) -> None:
    """A close frees what the session held, and then frees it again."""
    layer = layer_of(scheduler)
    release = layer.release_session

    def planted(session_id: str) -> None:
        slot = layer.slots.get(session_id)
        own = own_locations(scheduler, slot) if slot else ()
        release(session_id)
        if len(own):
            scheduler.token_to_kv_pool_allocator.free(own)

    layer.release_session = planted


def loses_a_row(scheduler: Any) -> None:
    """A close frees the KV of a session, and not its row."""
    layer, rows = layer_of(scheduler), scheduler.req_to_token_pool
    release = layer.release_session

    def planted(session_id: str) -> None:
        free = list(rows.free_slots)
        release(session_id)
        rows.free_slots[:] = free

    layer.release_session = planted


def writes_a_row_in_disorder(scheduler: Any) -> None:
    """The last two new tokens of a prompt are entered in the row the wrong way round."""
    run, table = scheduler.run_batch, scheduler.req_to_token_pool.req_to_token

    def planted(batch: Any, *args: Any, **named: Any) -> Any:
        if batch.forward_mode.is_extend():
            rows, ends = batch.req_pool_indices.tolist(), batch.seq_lens.tolist()
            for row, end, new in zip(rows, ends, batch.extend_lens, strict=True):
                if new > 1:
                    table[row, end - 2 : end] = table[row, end - 2 : end].flip(0)
        return run(batch, *args, **named)

    scheduler.run_batch = planted
