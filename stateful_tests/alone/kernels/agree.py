"""Triton's kernels against plain torch's, on drawn arguments: the same checks on any device."""

from __future__ import annotations

import torch

from impl.kernels.choice import Kernels
from impl.kernels.decode import decode_attention
from impl.kernels.triton.decode import decode_attention as attend_in_splits_of
from stateful_tests.alone.kernels.draw import (
    draw_chunks,
    draw_queries,
    draw_stores,
    draw_writes,
)
from stateful_tests.alone.kernels.shapes import Shape

TOLERANCE = {
    torch.float64: 1e-12,
    torch.float32: 1e-5,
    torch.float16: 4e-3,
    torch.bfloat16: 3e-2,
}
"""Most that weighted means of normally distributed values may differ, by dtype."""


def agree_on_rows(seed: int, device: str, most: int = 40) -> None:
    """Check that both versions write the same entries, and no others."""
    writes = draw_writes(seed, device, most)
    expected = writes.table.clone()
    twins(device).write_rows(expected, *writes[1:])
    kernels(device).write_rows(*writes)
    assert writes.table.equal(expected)


def agree_on_locations(seed: int, device: str, most: int = 300) -> None:
    """Check that both versions lay out all tokens alike."""
    chunks = draw_chunks(seed, device, most)
    expected, got = twins(device).out_locations(*chunks), kernels(device).out_locations(*chunks)
    for name, column, other in zip(expected._fields, expected, got, strict=True):
        assert column.equal(other), name
        assert column.dtype == other.dtype, name


def agree_on_stores(seed: int, device: str, dtype: torch.dtype, most: int = 20) -> None:
    """Check that both versions leave the same pools: what is not stored to is untouched."""
    stores = draw_stores(seed, device, dtype, most)
    k_pool, v_pool = stores.k_pool.clone(), stores.v_pool.clone()
    twins(device).store_kv(k_pool, v_pool, *stores[2:])
    kernels(device).store_kv(*stores)
    assert stores.k_pool.equal(k_pool)
    assert stores.v_pool.equal(v_pool)


def agree_on_attention(shape: Shape, device: str) -> None:
    """Check that both versions read the same, the kernel no padding, and that it writes to no pool.

    The twin reads the padding page in place of what is hidden; for the kernel it is poison, too.
    """
    seed, page_size, head_dim, dtype, split_len, most = shape
    drawn = draw_queries(seed, device, dtype, page_size, head_dim, most)
    expected = decode_attention(*drawn)
    pools = drawn.k_pool, drawn.v_pool
    for pool in pools:
        pool[:page_size] = torch.nan
    before = [pool.clone() for pool in pools]
    got = attend_in_splits_of(*drawn, split_len=split_len)
    assert got.dtype == dtype
    assert (got - expected).abs().max() <= TOLERANCE[dtype]
    assert all(
        torch.equal(*map(torch.nan_to_num, pair)) for pair in zip(pools, before, strict=True)
    )


def twins(device: str) -> Kernels:
    """Return the kernels in plain torch."""
    return Kernels(device, use_triton=False)


def kernels(device: str) -> Kernels:
    """Return Triton's."""
    return Kernels(device, use_triton=True)
