"""Pages of many rows are written into the page table at once. The reference, in plain torch."""

from __future__ import annotations

import torch
from torch import Tensor


def write_rows(table: Tensor, rows: Tensor, starts: Tensor, offsets: Tensor, pages: Tensor) -> None:
    """Put pages[offsets[i]:offsets[i + 1]] into table[rows[i], starts[i]:], for each write i.

    table: [num_rows, max_pages]; rows, starts: [num_writes], `starts` in pages; offsets:
    [num_writes + 1], from 0 to len(pages); pages: [num_pages], end to end. All are integers on one
    device, of any size. A row may come twice, an entry of it may not; a write may be empty.
    """
    counts = offsets.diff()
    write = torch.arange(len(rows), device=table.device)
    write = write.repeat_interleave(counts, output_size=len(pages))
    nth = torch.arange(len(pages), device=table.device) - offsets[write]
    table[rows[write], starts[write] + nth] = pages.to(table.dtype)
