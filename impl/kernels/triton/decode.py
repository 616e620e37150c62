"""Attention of one query per row over what the row holds. See `impl.kernels.decode`.

Contexts are cut into splits that attend each for itself, so that few rows of long contexts fill a
GPU too; a second launch combines them (flash-decoding, Dao et al. 2023).
"""

from __future__ import annotations

import torch
import triton.language as tl
from torch import Tensor

from impl.kernels.triton.attend import attend_in_splits, combine_splits
from impl.kernels.triton.splits import cut, power_of_two


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
    rounded up to whole tiles; by default, as many as fill the GPU. What is hidden from a query is
    not read, and the padding page is not read instead.
    """
    num_queries, num_heads, head_dim = q.shape
    num_kv_heads = k_pool.shape[1]
    reach = table.shape[1] * page_size if max_len is None else max_len
    token_bytes = power_of_two(head_dim) * k_pool.element_size()
    splits = cut(reach, window, num_queries * num_kv_heads, token_bytes, split_len)
    exact = q.dtype == torch.float64
    shape = num_queries, splits.num_splits, num_heads
    logs = q.new_empty(shape, dtype=torch.float64 if exact else torch.float32)
    out = q.new_empty(num_queries, num_heads * head_dim)
    parts = out if splits.num_splits == 1 else logs.new_empty(*shape, head_dim)
    sizes = {
        **splits._asdict(),
        "num_heads": num_heads,
        "head_dim": head_dim,
        "dim_block": max(16, power_of_two(head_dim)),
        "window": window,
        "sums": tl.float64 if exact else tl.float32,
    }
    group = num_heads // num_kv_heads
    keys, values = k_pool.view(len(k_pool), -1), v_pool.view(len(v_pool), -1)
    attend_in_splits[num_kv_heads, splits.num_splits, num_queries](
        q.contiguous(), keys, values, table, rows, lens, parts, logs,
        keys.stride(0), values.stride(0), table.stride(0), **sizes,
        scale=head_dim**-0.5, page_size=page_size, group=group,
        group_block=power_of_two(group), num_warps=4, num_stages=3,
    )  # fmt: skip
    if splits.num_splits > 1:
        combine_splits[num_heads, num_queries](parts, logs, lens, out, **sizes)
    return out
