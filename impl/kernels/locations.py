"""Where the tokens of a batch lie: the device's part of allocation. The reference, in plain torch.

The host has chosen the pages and the table lists them; this spells them out token by token. Cf.
SGLang's `alloc_extend_kernel` and `alloc_decode_kernel`, which choose the pages as well.
"""

from __future__ import annotations

import torch
from torch import Tensor

from impl.kernels.laid import Laid
from impl.paging import location, offset_of, page_of


def out_locations(
    table: Tensor, rows: Tensor, starts: Tensor, ends: Tensor, page_size: int, num_tokens: int
) -> Laid:
    """Lay out positions [starts[i], ends[i]) of rows[i], chunk after chunk.

    table: [num_rows, max_pages]; rows, starts, ends: [num_chunks]. All are integers on one device,
    of any size. num_tokens: the sum of all `ends - starts`, which the caller knows. A chunk may be
    empty.
    """
    lens = (ends - starts).long()
    chunks = torch.arange(len(rows), device=table.device)
    chunks = chunks.repeat_interleave(lens, output_size=num_tokens)
    skipped = starts - (lens.cumsum(0) - lens)
    positions = torch.arange(num_tokens, device=table.device) + skipped[chunks]
    pages = table[rows[chunks], page_of(positions, page_size)].long()
    return Laid(location(pages, offset_of(positions, page_size), page_size), positions, chunks)
