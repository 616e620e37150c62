"""Where the tokens of a batch lie, in one launch. See `impl.kernels.locations`."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from impl.kernels.laid import Laid

BLOCK = 256
"""Tokens that a program lays out at a time."""

MOST_PROGRAMS = 64
"""Programs that share one chunk: the longest chunk may be all tokens, so each one gets as many."""


def out_locations(
    table: Tensor, rows: Tensor, starts: Tensor, ends: Tensor, page_size: int, num_tokens: int
) -> Laid:
    """Lay out positions [starts[i], ends[i]) of rows[i], chunk after chunk."""
    laid = Laid(*torch.empty(3, num_tokens, dtype=torch.int64, device=table.device))
    if num_tokens:
        grid = len(rows), min(triton.cdiv(num_tokens, BLOCK), MOST_PROGRAMS)
        _lay_out[grid](table, rows, starts, ends, *laid, table.stride(0), page_size, BLOCK)
    return laid


@triton.jit
def _lay_out(
    table: tl.tensor, rows: tl.tensor, starts: tl.tensor, ends: tl.tensor,
    locations: tl.tensor, positions: tl.tensor, chunks: tl.tensor,
    stride: tl.tensor, page_size: tl.constexpr, block: tl.constexpr,
) -> None:  # fmt: skip
    chunk = tl.program_id(0)
    before = tl.zeros([block], tl.int64)
    for first in range(0, chunk, block):
        other = first + tl.arange(0, block)
        start = tl.load(starts + other, mask=other < chunk, other=0)
        before += tl.load(ends + other, mask=other < chunk, other=0) - start
    begin = tl.sum(before, 0)
    start = tl.load(starts + chunk).to(tl.int64)
    count = tl.load(ends + chunk) - start
    listed = table + tl.load(rows + chunk).to(tl.int64) * stride
    step = tl.num_programs(1) * block
    for first in range(tl.program_id(1) * block, count, step):
        nth = first + tl.arange(0, block)
        inside = nth < count
        position = start + nth
        page = tl.load(listed + position // page_size, mask=inside).to(tl.int64)
        token = begin + nth
        tl.store(locations + token, page * page_size + position % page_size, mask=inside)
        tl.store(positions + token, position, mask=inside)
        tl.store(chunks + token, chunk.to(tl.int64), mask=inside)
