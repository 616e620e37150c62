"""K and V of new tokens go to their locations. The reference, in plain torch."""

from __future__ import annotations

from torch import Tensor


def store_kv(k_pool: Tensor, v_pool: Tensor, locations: Tensor, k: Tensor, v: Tensor) -> None:
    """Store `k` and `v` [num_tokens, num_kv_heads, head_dim] at `locations` [num_tokens].

    k_pool, v_pool: one layer of a KV pool, [num_locations, num_kv_heads, head_dim]. No location
    comes twice, but for those of the padding page: what lies there afterwards is anyone's.
    """
    k_pool.index_copy_(0, locations, k.to(k_pool.dtype))
    v_pool.index_copy_(0, locations, v.to(v_pool.dtype))
