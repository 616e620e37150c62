"""Paged attention: K and V are read through the rows, wherever their pages lie."""

from __future__ import annotations

from torch import Tensor


def paged_attention(
    q: Tensor, k: Tensor, v: Tensor, padded_index: Tensor, kv_locations: Tensor, hidden: Tensor
) -> Tensor:
    """Let each query attend to what of its own turn's tokens is not hidden from it.

    q: [num_tokens, num_heads, head_dim]; k, v: one layer of a KV pool, [num_locations,
    num_kv_heads, head_dim]; the rest as in `Batch`. Query heads share KV heads in groups, head h
    reads KV head h // (num_heads // num_kv_heads). Returns [num_tokens, num_heads * head_dim].
    """
    num_chunks, query_len, kv_len = hidden.shape
    _, num_heads, head_dim = q.shape
    num_kv_heads = k.shape[1]
    group = num_heads // num_kv_heads
    padded = q.new_zeros(num_chunks * query_len, num_heads, head_dim)
    padded.index_copy_(0, padded_index, q * head_dim**-0.5)
    heads = padded.view(num_chunks, query_len, num_kv_heads, group, head_dim)
    queries = heads.permute(0, 2, 3, 1, 4).reshape(num_chunks, num_kv_heads, -1, head_dim)
    keys = k[kv_locations].permute(0, 2, 3, 1)
    values = v[kv_locations].transpose(1, 2)
    scores = (queries @ keys).view(num_chunks, num_kv_heads, group, query_len, kv_len)
    masked = scores.masked_fill(hidden[:, None, None], float("-inf"))
    weights = masked.softmax(-1).view(*queries.shape[:3], kv_len)
    out = (weights @ values).view(num_chunks, num_kv_heads, group, query_len, head_dim)
    return out.permute(0, 3, 1, 2, 4).reshape(-1, num_heads * head_dim)[padded_index]
