"""Bugs that are planted in a scheduler of vLLM, and in no other that its process makes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from vllm.v1.core.kv_cache_utils import hash_block_tokens

from stateful_tests.engines.blocks.host import vllm_parts


def frees_twice(engine: Any) -> None:
    """A block that others use as well loses two references where one user goes."""
    free_blocks = engine.pool.free_blocks

    def freed(blocks: Iterable[Any]) -> None:
        blocks = list(blocks)
        for block in blocks:
            block.ref_cnt -= int(block.ref_cnt > 1)
        free_blocks(blocks)

    engine.pool.free_blocks = freed


def keeps_a_block(engine: Any) -> None:
    """The first block of a request is never given back."""
    free_blocks = engine.pool.free_blocks
    engine.pool.free_blocks = lambda blocks: free_blocks(list(blocks)[:-1])


def leaves_a_hit_evictable(engine: Any) -> None:
    """A block that is hit stays in the queue of free ones."""

    def touch(blocks: Sequence[Any]) -> None:
        for block in blocks:
            block.ref_cnt += 1

    engine.pool.touch = touch


def keeps_the_hash(engine: Any) -> None:
    """A block that is handed out is still found by what it held before."""
    engine.pool._maybe_evict_cached_block = lambda _block: False


def hashes_without_the_parent(engine: Any) -> None:
    """A block's hash says its own tokens only, whatever came before."""
    size = engine.world.page_size

    def hashes(request: Any) -> list[Any]:
        first, tokens = len(request.block_hashes), list(request.all_token_ids)
        pages = [tokens[i * size : (i + 1) * size] for i in range(first, len(tokens) // size)]
        return [hash_block_tokens(vllm_parts.HASH, None, page) for page in pages]

    engine.hasher = hashes


def forgets_the_salt(engine: Any) -> None:
    """All requests share one cache, whatever their salt."""
    engine.salt = lambda _namespace: None


def hits_the_last_token(engine: Any) -> None:
    """A prompt may be hit as a whole, and nothing is left to compute."""
    manager = engine.scheduler.kv_cache_manager
    get = manager.get_computed_blocks
    manager.get_computed_blocks = lambda request, _most=None: get(request, request.num_tokens)


PLANTS: dict[str, Callable[[Any], None]] = {
    plant.__name__: plant
    for plant in (
        frees_twice,
        keeps_a_block,
        leaves_a_hit_evictable,
        keeps_the_hash,
        hashes_without_the_parent,
        forgets_the_salt,
        hits_the_last_token,
    )
}
