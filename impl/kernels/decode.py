"""Attention of one query per row over what the row holds. The reference, in plain torch."""

from __future__ import annotations

import torch
from torch import Tensor

from impl.paging import location, num_pages, offset_of, page_of, window_start


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
) -> Tensor:
    """Let query i, at position lens[i] - 1 of rows[i], attend to the row's first lens[i] tokens.

    q: [num_queries, num_heads, head_dim]; k_pool, v_pool: one layer of a KV pool, [num_locations,
    num_kv_heads, head_dim], of q's dtype; table: [num_rows, max_pages]; rows, lens: [num_queries],
    integers. Query head h reads KV head h // (num_heads // num_kv_heads). With `window` a query
    looks back so many tokens only. No len is 0, and none is more than `max_len`, which is at most
    what a row of the table can list (and that, if it is None). Sums are float32, or float64 of
    float64.

    Nothing is read beyond a row's end or before its window, not even with weight 0: the padding
    page is read instead, whose K and V are finite. Returns [num_queries, num_heads * head_dim].
    """
    sums = torch.float64 if q.dtype == torch.float64 else torch.float32
    kv_len = table.shape[1] * page_size if max_len is None else max_len
    position = torch.arange(kv_len, device=q.device)
    hidden = position >= lens[:, None]
    if window is not None:
        hidden |= position < window_start(lens[:, None] - 1, window)
    pages = table[rows.long(), : num_pages(kv_len, page_size)].long()
    listed = pages[:, page_of(position, page_size)]
    locations = location(listed, offset_of(position, page_size), page_size)
    locations = locations.masked_fill(hidden, 0)
    grouped = q.reshape(len(q), k_pool.shape[1], -1, q.shape[-1]).to(sums) * q.shape[-1] ** -0.5
    scores = torch.einsum("nhgd,nlhd->nhgl", grouped, k_pool[locations].to(sums))
    weights = scores.masked_fill(hidden[:, None, None], float("-inf")).softmax(-1)
    out = torch.einsum("nhgl,nlhd->nhgd", weights, v_pool[locations].to(sums))
    return out.flatten(1).to(q.dtype)
