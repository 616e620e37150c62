"""Arguments of the kernels, drawn by seed: batches over page tables whose pages lie anywhere.

Whatever a kernel has no business to read is poison: free pages, the rest of a row's last page, what
lies before a window. Stale entries of the table name free pages. The padding page holds zeros.
"""

from __future__ import annotations

import random
from typing import NamedTuple

import torch
from torch import Tensor

PAGE_SIZES = [1, 2, 3, 4, 16, 64]
INTEGERS = [torch.int32, torch.int64]


class Writes(NamedTuple):
    """Arguments of `write_rows`."""

    table: Tensor
    rows: Tensor
    starts: Tensor
    offsets: Tensor
    pages: Tensor


class Chunks(NamedTuple):
    """Arguments of `out_locations`."""

    table: Tensor
    rows: Tensor
    starts: Tensor
    ends: Tensor
    page_size: int
    num_tokens: int


class Stores(NamedTuple):
    """Arguments of `store_kv`."""

    k_pool: Tensor
    v_pool: Tensor
    locations: Tensor
    k: Tensor
    v: Tensor


class Queries(NamedTuple):
    """Arguments of `decode_attention`."""

    q: Tensor
    k_pool: Tensor
    v_pool: Tensor
    table: Tensor
    rows: Tensor
    lens: Tensor
    page_size: int
    window: int | None
    max_len: int | None


def draw_writes(seed: int, device: str, most: int = 40) -> Writes:
    """Draw disjoint ranges of a few rows, of up to `most` pages each, some of them empty."""
    rng = random.Random(seed)
    table = torch.full((5, 3 * most), -1, dtype=torch.int32, device=device)
    writes: list[tuple[int, int, int]] = []
    for row in range(5):
        cuts = sorted(rng.randint(0, most) for _ in range(rng.choice([0, 2, 6])))
        writes += [(row, cuts[i], cuts[i + 1] - cuts[i]) for i in range(0, len(cuts), 2)]
    rng.shuffle(writes)
    rows, starts, counts = ([write[i] for write in writes] for i in range(3))
    offsets = [0, *torch.tensor(counts, dtype=torch.int64).cumsum(0).tolist()]
    pages = [rng.randint(1, 10**6) for _ in range(offsets[-1])]
    index = rng.choice(INTEGERS)
    lists = (torch.tensor(x, dtype=index, device=device) for x in (rows, starts, offsets, pages))
    return Writes(table, *lists)


def draw_chunks(seed: int, device: str, most: int = 300) -> Chunks:
    """Draw chunks of up to `most` tokens, some of one token and some of none."""
    rng = random.Random(seed)
    page_size = rng.choice(PAGE_SIZES)
    num_chunks = rng.choice([1, 2, 7])
    lens = [rng.choice([0, 1, 1, rng.randint(1, most)]) for _ in range(num_chunks)]
    starts = [rng.randint(0, most) for _ in lens]
    ends = [start + n for start, n in zip(starts, lens, strict=True)]
    torch.manual_seed(seed)
    table = torch.randint(1, 10**6, (9, -(-2 * most // page_size)), dtype=torch.int32)
    lists, index = (rng.sample(range(9), num_chunks), starts, ends), rng.choice(INTEGERS)
    rows, begins, bounds = (torch.tensor(x, dtype=index, device=device) for x in lists)
    return Chunks(table.to(device), rows, begins, bounds, page_size, sum(lens))


def draw_stores(seed: int, device: str, dtype: torch.dtype, most: int = 20) -> Stores:
    """Draw up to `most` new tokens, whose K and V may lie in wider tensors."""
    rng = random.Random(seed)
    num_heads, num_tokens = rng.choice([1, 2, 3]), rng.choice([0, 1, most, most])
    head_dim = rng.choice([8, 16, 24, 128])
    torch.manual_seed(seed)
    pools = torch.randn(2, 3 * most + 1, num_heads, head_dim, dtype=dtype, device=device)
    new = torch.randn(num_tokens, 3, num_heads, head_dim, dtype=dtype, device=device)
    locations = 1 + torch.randperm(3 * most, device=device)[:num_tokens]
    if rng.random() < 0.5:
        return Stores(pools[0], pools[1], locations, new[:, 0], new[:, 2])
    return Stores(pools[0], pools[1], locations, new[:, 0].contiguous(), new[:, 2].contiguous())


def draw_queries(
    seed: int, device: str, dtype: torch.dtype, page_size: int, head_dim: int, most: int = 300
) -> Queries:
    """Draw queries of rows of up to `most` tokens, one of them of one token, with a window or not.

    Numbers of heads and index tensors differ, too; the table may list more than `max_len` tokens.
    """
    rng = random.Random(seed)
    num_kv_heads, group = rng.choice([(1, 4), (2, 1), (2, 2), (1, 3)])
    window = rng.choice([None, None, 0, 20, most // 2])
    lens = rng.sample([1, page_size, most, rng.randint(1, most)], 3)
    max_len = rng.choice([None, max(lens)])
    width = -(-most // page_size) + rng.choice([0, 3])
    pages = iter(rng.sample(range(1, 4 * width + 1), 4 * width))
    listed = [[next(pages) for _ in range(-(-n // page_size))] for n in lens]
    free = list(pages)
    table = [row + rng.choices(free, k=width - len(row)) for row in listed]
    locations = torch.cat(
        [span(row, n, window, page_size) for row, n in zip(table, lens, strict=True)]
    )
    torch.manual_seed(seed)
    pools = torch.full((2, (4 * width + 1) * page_size, num_kv_heads, head_dim), torch.nan)
    pools[:, :page_size] = 0
    pools[:, locations] = torch.randn(2, len(locations), num_kv_heads, head_dim)
    k_pool, v_pool = pools.to(device, dtype)
    order, index = rng.sample(range(3), 3), rng.choice(INTEGERS)
    shuffled = torch.tensor([table[order.index(i)] for i in range(3)], dtype=torch.int32)
    rows, ends = (torch.tensor(x, dtype=index, device=device) for x in (order, lens))
    q = torch.randn(3, num_kv_heads * group, head_dim, dtype=dtype, device=device)
    return Queries(q, k_pool, v_pool, shuffled.to(device), rows, ends, page_size, window, max_len)


def span(pages: list[int], end: int, window: int | None, page_size: int) -> Tensor:
    """Return the locations that the query of a row with `end` tokens sees, one by one."""
    first = 0 if window is None else max(0, end - 1 - window)
    return torch.tensor(
        [pages[p // page_size] * page_size + p % page_size for p in range(first, end)]
    )
