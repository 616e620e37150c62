"""Bugs that are planted in a scheduler of nano-vllm, and the mending of those that it has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def frees_twice(engine: Any) -> None:
    """A block that others use as well loses two references where one user goes."""
    deallocate, blocks = engine.manager.deallocate, engine.manager.blocks

    def freed(sequence: Any) -> None:
        for page in sequence.block_table:
            blocks[page].ref_count -= int(blocks[page].ref_count > 1)
        deallocate(sequence)

    engine.manager.deallocate = freed


def keeps_a_block(engine: Any) -> None:
    """The last block of a sequence is never given back."""
    deallocate = engine.manager.deallocate

    def freed(sequence: Any) -> None:
        sequence.block_table.pop()
        deallocate(sequence)

    engine.manager.deallocate = freed


def leaves_a_hit_evictable(engine: Any) -> None:
    """A block that is hit stays in the list of free ones."""
    manager = engine.manager
    allocate = manager._allocate_block

    def allocated(page: int) -> Any:
        is_next = manager.free_block_ids[0] == page
        block = allocate(page)
        if not is_next:
            manager.free_block_ids.append(page)
        return block

    manager._allocate_block = allocated


def hashes_without_the_parent(engine: Any) -> None:
    """A block's hash says its own tokens only, whatever came before."""
    compute = engine.manager.compute_hash
    engine.manager.compute_hash = lambda tokens, _prefix=-1: compute(tokens)


def mends_whole_hits(engine: Any) -> None:
    """Mend what computes nothing: the page with the last token is not looked for (N1)."""
    manager = engine.manager
    allocate, size = manager.allocate, engine.world.page_size

    def allocated(sequence: Any) -> None:
        if len(sequence) % size == 0:
            digest = -1
            for i in range(sequence.num_blocks):
                digest = manager.compute_hash(sequence.block(i), digest)
            manager.hash_to_block_id.pop(digest, None)
        allocate(sequence)

    manager.allocate = allocated


def mends_stale_hashes(engine: Any) -> None:
    """Mend what finds foreign KV: a block that is handed out leaves its hash (N2)."""
    manager = engine.manager
    allocate = manager._allocate_block

    def allocated(page: int) -> Any:
        if manager.hash_to_block_id.get(manager.blocks[page].hash) == page:
            del manager.hash_to_block_id[manager.blocks[page].hash]
        return allocate(page)

    manager._allocate_block = allocated


def mends_put_backs(engine: Any) -> None:
    """Mend what runs a sequence twice: one that is put back does not run on (N4)."""
    scheduler = engine.scheduler
    preempt = scheduler.preempt

    def preempted(sequence: Any) -> None:
        preempt(sequence)
        if sequence in scheduler.running:
            scheduler.running.remove(sequence)

    scheduler.preempt = preempted


PLANTS: dict[str, Callable[[Any], None]] = {
    plant.__name__: plant
    for plant in (
        frees_twice,
        keeps_a_block,
        leaves_a_hit_evictable,
        hashes_without_the_parent,
        mends_whole_hits,
        mends_stale_hashes,
        mends_put_backs,
    )
}
