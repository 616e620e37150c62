"""The release's own rows and allocator over a pool of histories."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import torch
from sglang.srt.mem_cache import allocator as release
from sglang.srt.mem_cache.memory_pool import ReqToTokenPool

from stateful_tests.engines.sglang.host.kv_pool import HistoryPool
from stateful_tests.engines.sglang.host.world import World

FREES = ("free", "free_segment")
"""The allocator's methods that take locations back."""

LOOKAHEAD = 4
"""Positions of a row beyond a context, as the release's model runner adds."""


def rows_of(world: World) -> Any:
    """Return the release's pool of rows."""
    return ReqToTokenPool(
        size=world.rows,
        max_context_len=world.context_len + LOOKAHEAD,
        device="cpu",
        enable_memory_saver=False,
    )


def allocator_of(world: World) -> Any:
    """Return the release's allocator of locations; what it frees is forgotten at once."""
    pool = HistoryPool(world.pool_size, world.page_size)
    common = {"dtype": torch.float32, "device": "cpu", "kvcache": pool, "need_sort": False}
    allocator = (
        release.TokenToKVPoolAllocator(world.pool_size, **common)
        if world.page_size == 1
        else release.PagedTokenToKVPoolAllocator(world.pool_size, world.page_size, **common)
    )
    for name in FREES:
        if hasattr(allocator, name):
            setattr(allocator, name, _forgetting(pool, getattr(allocator, name)))
    allocator.free_group_end = _regrouping(pool, allocator.free_group_end)
    return allocator


def _forgetting(pool: HistoryPool, free: Callable[..., Any]) -> Callable[..., Any]:
    """Return what frees as `free` does, and lets the pool forget the locations first."""

    def forgetting(locations: Any, **named: Any) -> Any:
        if len(locations) and not pool.regrouping:
            pool.freed(locations.tolist())
        return free(locations, **named)

    return forgetting


def _regrouping(pool: HistoryPool, end: Callable[[], None]) -> Callable[[], None]:
    """Return what ends a group of frees as `end` does: by freeing all over again, in one go."""

    def regrouping() -> None:
        pool.regrouping = True
        end()
        pool.regrouping = False

    return regrouping


class Kernel:
    """A function called as the release calls a Triton kernel."""

    def __init__(self, function: Any) -> None:
        self.function = function

    def __getitem__(self, _grid: object) -> Any:
        """Return the function: it does all of the grid at once."""
        return self.function


def alloc_extend(
    prefix_lens: Any,
    seq_lens: Any,
    last_locations: Any,
    free_pages: Any,
    out: Any,
    _batch_size: int,
    page_size: int,
) -> None:
    """Fill each request's last partial page, then new pages; nothing when there are too few."""
    pages, locations = iter(free_pages.tolist()), []
    lists = (prefix_lens.tolist(), seq_lens.tolist(), last_locations.tolist())
    for prefix_len, seq_len, last_location in zip(*lists, strict=True):
        location = last_location
        for position in range(prefix_len, seq_len):
            if position % page_size:
                location += 1
            elif (page := next(pages, None)) is None:
                return
            else:
                location = page * page_size
            locations.append(location)
    out[:] = torch.tensor(locations, dtype=out.dtype)


def alloc_decode(
    seq_lens: Any, last_locations: Any, free_pages: Any, out: Any, batch_size: int, page_size: int
) -> None:
    """Extend each request by one location."""
    alloc_extend(seq_lens - 1, seq_lens, last_locations, free_pages, out, batch_size, page_size)


def replace_kernels(allocators: ModuleType) -> None:
    """Let the release's paged allocator do without Triton."""
    vars(allocators)["alloc_extend_kernel"] = Kernel(alloc_extend)
    vars(allocators)["alloc_decode_kernel"] = Kernel(alloc_decode)
