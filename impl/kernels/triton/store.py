"""K and V of new tokens go to their locations in one launch. See `impl.kernels.store`."""

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor

from impl.kernels.triton.splits import power_of_two


def store_kv(k_pool: Tensor, v_pool: Tensor, locations: Tensor, k: Tensor, v: Tensor) -> None:
    """Store `k` and `v` [num_tokens, num_kv_heads, head_dim] at `locations` [num_tokens].

    The pools' heads must lie side by side (RuntimeError otherwise).
    """
    if len(locations) == 0:
        return
    pools = k_pool.view(len(k_pool), -1), v_pool.view(len(v_pool), -1)
    new = k.reshape(len(k), -1), v.reshape(len(v), -1)
    strides = [x.stride(0) for x in (*pools, *new)]
    width = new[0].shape[1]
    _store_kv[len(locations),](*pools, locations, *new, *strides, width, power_of_two(width))


@triton.jit
def _store_kv(
    k_pool: tl.tensor, v_pool: tl.tensor, locations: tl.tensor, k: tl.tensor, v: tl.tensor,
    k_pool_stride: tl.tensor, v_pool_stride: tl.tensor, k_stride: tl.tensor, v_stride: tl.tensor,
    width: tl.constexpr, block: tl.constexpr,
) -> None:  # fmt: skip
    token = tl.program_id(0).to(tl.int64)
    to = tl.load(locations + token).to(tl.int64)
    nth = tl.arange(0, block)
    inside = nth < width
    tl.store(k_pool + to * k_pool_stride + nth, tl.load(k + token * k_stride + nth, inside), inside)
    tl.store(v_pool + to * v_pool_stride + nth, tl.load(v + token * v_stride + nth, inside), inside)
