"""The two kernels of decode attention: splits attend, and are combined.

Scores are in powers of two: exp(x) = exp2(x * log2(e)), and the machine has exp2. A split leaves
its mean of V, and the logarithm of its sum of weights.
"""

from __future__ import annotations

import triton
import triton.language as tl

LOG2_E = tl.constexpr(1.4426950408889634)


@triton.jit
def attend_in_splits(
    q: tl.tensor, keys: tl.tensor, values: tl.tensor, table: tl.tensor, rows: tl.tensor,
    lens: tl.tensor, parts: tl.tensor, logs: tl.tensor,
    k_stride: tl.tensor, v_stride: tl.tensor, table_stride: tl.tensor,
    scale: tl.constexpr, page_size: tl.constexpr, group: tl.constexpr, group_block: tl.constexpr,
    num_splits: tl.tensor, num_heads: tl.constexpr, window: tl.constexpr, tile: tl.constexpr,
    split_len: tl.constexpr, head_dim: tl.constexpr, dim_block: tl.constexpr, sums: tl.constexpr,
) -> None:  # fmt: skip
    """Let the query heads of one KV head attend to one split of their row."""
    kv_head, split, query = tl.program_id(0), tl.program_id(1), tl.program_id(2).to(tl.int64)
    end = tl.load(lens + query).to(tl.int32)
    begin = first_seen(end, window)
    first = begin // tile * tile + split * split_len
    if first >= end:
        return
    last = tl.minimum(first + split_len, end)
    listed = table + tl.load(rows + query).to(tl.int64) * table_stride
    nth, dim, member = tl.arange(0, tile), tl.arange(0, dim_block), tl.arange(0, group_block)
    head = query * num_heads + kv_head * group + member
    mine = (member < group)[:, None] & (dim < head_dim)[None, :]
    queries = tl.load(q + head[:, None] * head_dim + dim[None, :], mask=mine, other=0)
    keys += kv_head * head_dim
    values += kv_head * head_dim
    greatest = tl.full([group_block], float("-inf"), sums)
    total = tl.zeros([group_block], sums)
    mean = tl.zeros([group_block, dim_block], sums)
    for start in range(first, last, tile):
        position = start + nth
        seen = (position >= begin) & (position < last)
        if page_size % tile == 0:
            page = tl.load(listed + start // page_size).to(tl.int64)
            location = page * page_size + start % page_size + nth
        else:
            page = tl.load(listed + position // page_size, mask=seen, other=0).to(tl.int64)
            location = page * page_size + position % page_size
        k = tl.load(
            keys + location[None, :] * k_stride + dim[:, None],
            mask=seen[None, :] & (dim < head_dim)[:, None], other=0,
        )  # fmt: skip
        scores = tl.dot(queries, k, input_precision="ieee", out_dtype=sums) * (scale * LOG2_E)
        scores = tl.where(seen[None, :], scores, float("-inf"))
        greater = tl.maximum(greatest, tl.max(scores, 1))
        fading = tl.exp2(greatest - greater)
        weights = tl.exp2(scores - greater[:, None])
        v = tl.load(
            values + location[:, None] * v_stride + dim[None, :],
            mask=seen[:, None] & (dim < head_dim)[None, :], other=0,
        )  # fmt: skip
        total = total * fading + tl.sum(weights, 1)
        read = tl.dot(weights.to(v.dtype), v, input_precision="ieee", out_dtype=sums)
        mean = mean * fading[:, None] + read
        greatest = greater
    head = (query * num_splits + split) * num_heads + kv_head * group + member
    tl.store(parts + head[:, None] * head_dim + dim[None, :], mean / total[:, None], mask=mine)
    tl.store(logs + head, greatest + tl.log2(total), mask=member < group)


@triton.jit
def combine_splits(
    parts: tl.tensor, logs: tl.tensor, lens: tl.tensor, out: tl.tensor,
    num_splits: tl.tensor, num_heads: tl.constexpr, window: tl.constexpr, tile: tl.constexpr,
    split_len: tl.constexpr, head_dim: tl.constexpr, dim_block: tl.constexpr, sums: tl.constexpr,
    block: tl.constexpr = 16,
) -> None:  # fmt: skip
    """Weigh the splits of one query head by their sums of weights, `block` of them at a time."""
    head, query = tl.program_id(0), tl.program_id(1).to(tl.int64)
    end = tl.load(lens + query).to(tl.int32)
    begin = first_seen(end, window)
    count = tl.cdiv(end - begin // tile * tile, split_len)
    nth, dim = tl.arange(0, block), tl.arange(0, dim_block)
    greatest = tl.full([1], float("-inf"), sums)
    total = tl.zeros([1], sums)
    mean = tl.zeros([dim_block], sums)
    for first in range(0, count, block):
        split = first + nth
        at = (query * num_splits + split) * num_heads + head
        log = tl.load(logs + at, mask=split < count, other=float("-inf"))
        part = tl.load(
            parts + at[:, None] * head_dim + dim[None, :],
            mask=(split < count)[:, None] & (dim < head_dim)[None, :], other=0,
        )  # fmt: skip
        greater = tl.maximum(greatest, tl.max(log, 0))
        fading = tl.exp2(greatest - greater)
        weights = tl.exp2(log - greater)
        total = total * fading + tl.sum(weights, 0)
        mean = mean * fading + tl.sum(weights[:, None] * part, 0)
        greatest = greater
    at = query * num_heads + head
    tl.store(out + at * head_dim + dim, mean / total, mask=dim < head_dim)


@triton.jit
def first_seen(end: tl.tensor, window: tl.constexpr) -> tl.tensor:
    """Return the first position that a query at position end - 1 sees."""
    begin = 0
    if window is not None:
        begin = tl.maximum(end - 1 - window, 0)
    return begin
