"""Pages of many rows are written into the page table in one launch. See `impl.kernels.rows`."""

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor

BLOCK = 512
"""Pages that a program writes at a time."""

MOST_PROGRAMS = 32
"""Programs that share one write: the longest write may be all of them, so each one gets as many."""


def write_rows(table: Tensor, rows: Tensor, starts: Tensor, offsets: Tensor, pages: Tensor) -> None:
    """Put pages[offsets[i]:offsets[i + 1]] into table[rows[i], starts[i]:], for each write i."""
    if len(pages) == 0:
        return
    grid = len(rows), min(triton.cdiv(len(pages), BLOCK), MOST_PROGRAMS)
    _write_rows[grid](table, rows, starts, offsets, pages, table.stride(0), BLOCK)


@triton.jit
def _write_rows(
    table: tl.tensor, rows: tl.tensor, starts: tl.tensor, offsets: tl.tensor, pages: tl.tensor,
    stride: tl.tensor, block: tl.constexpr,
) -> None:  # fmt: skip
    write = tl.program_id(0)
    begin = tl.load(offsets + write)
    count = tl.load(offsets + write + 1) - begin
    row = tl.load(rows + write).to(tl.int64)
    to = table + row * stride + tl.load(starts + write)
    step = tl.num_programs(1) * block
    for first in range(tl.program_id(1) * block, count, step):
        nth = first + tl.arange(0, block)
        page = tl.load(pages + begin + nth, mask=nth < count)
        tl.store(to + nth, page, mask=nth < count)
