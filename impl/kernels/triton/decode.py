"""Attention of one query per row over what the row holds. See `impl.kernels.decode`.

Contexts are cut into splits that attend each for itself, so that few rows of long contexts fill a
GPU too; a second launch combines them (flash-decoding, Dao et al. 2023).
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from impl.kernels.triton.attend import attend_in_splits, combine_splits

PROGRAMS = 1024
"""Programs that fill a GPU: some for each multiprocessor of the largest ones."""

SPLIT_LENS = 256, 4096
"""Least and most tokens of a split. Below, combining costs too much; above, one long row among
short ones would keep the rest of the GPU waiting."""

TILE_BYTES = 16384
"""K of one tile, and as much V; a few tiles are under way at a time, in shared memory."""

TILE_LENS = 16, 128
"""Least tokens of a tile, as tensor cores want them, and most, as registers do."""


def decode_attention(
    q: Tensor,
    k_pool: Tensor,
    v_pool: Tensor,
    table: Tensor,
    rows: Tensor,
    lens: Tensor,
    page_size: int,
    window: int | None = None,
    max_len: int | None = None,
    split_len: int | None = None,
) -> Tensor:
    """Let query i, at position lens[i] - 1 of rows[i], attend to the row's first lens[i] tokens.

    The pools' heads must lie side by side (RuntimeError otherwise). split_len: tokens of a split,
    rounded up to whole tiles; by default, as many as fill the GPU. Nothing that is hidden from a
    query is read at all, the padding page neither.
    """
    num_queries, num_heads, head_dim = q.shape
    num_kv_heads = k_pool.shape[1]
    reach = table.shape[1] * page_size if max_len is None else max_len
    reach = reach if window is None else min(reach, window + 1)
    tile = tile_len(head_dim, k_pool.element_size())
    split_len = split_len or fair_split_len(reach, num_queries * num_kv_heads)
    split_len = triton.cdiv(split_len, tile) * tile
    # Splits begin with the tile in which the window begins, up to tile - 1 tokens before it.
    num_splits = triton.cdiv(reach + (tile - 1 if window is not None else 0), split_len)
    sums = torch.float64 if q.dtype == torch.float64 else torch.float32
    out = q.new_empty(num_queries, num_heads * head_dim)
    shape = num_queries, num_splits, num_heads
    logs = q.new_empty(shape, dtype=sums)
    parts = out if num_splits == 1 else q.new_empty(*shape, head_dim, dtype=sums)
    group = num_heads // num_kv_heads
    sizes = {
        "num_splits": num_splits,
        "num_heads": num_heads,
        "window": window,
        "tile": tile,
        "split_len": split_len,
        "head_dim": head_dim,
        "dim_block": max(16, triton.next_power_of_2(head_dim)),
        "sums": tl.float64 if sums == torch.float64 else tl.float32,
    }
    keys, values = k_pool.view(len(k_pool), -1), v_pool.view(len(v_pool), -1)
    attend_in_splits[num_kv_heads, num_splits, num_queries](
        q.contiguous(), keys, values, table, rows, lens, parts, logs,
        keys.stride(0), values.stride(0), table.stride(0),
        scale=head_dim**-0.5, page_size=page_size, group=group,
        group_block=max(16, triton.next_power_of_2(group)), **sizes, num_warps=4, num_stages=3,
    )  # fmt: skip
    if num_splits > 1:
        combine_splits[num_heads, num_queries](parts, logs, lens, out, **sizes)
    return out


def tile_len(head_dim: int, element_size: int) -> int:
    """Return how many tokens are loaded at a time."""
    least, most = TILE_LENS
    fitting = TILE_BYTES // (triton.next_power_of_2(head_dim) * element_size)
    return int(min(max(fitting, least), most))


def fair_split_len(reach: int, num_pairs: int) -> int:
    """Return the length of splits of up to `reach` tokens, for each pair of query and KV head."""
    least, most = SPLIT_LENS
    return int(min(max(triton.next_power_of_2(reach * num_pairs // PROGRAMS), least), most))
