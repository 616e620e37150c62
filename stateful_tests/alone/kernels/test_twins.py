"""The kernels in plain torch against loops over tokens."""

from __future__ import annotations

import pytest
import torch

from impl.kernels.choice import Kernels
from stateful_tests.alone.kernels.draw import (
    draw_chunks,
    draw_queries,
    draw_stores,
    draw_writes,
    span,
)
from stateful_tests.alone.kernels.shapes import SHAPES, Shape

TWINS = Kernels("cpu")


@pytest.mark.parametrize("seed", range(20))
def test_pages_are_written_where_a_loop_over_them_would(seed: int) -> None:
    writes = draw_writes(seed, "cpu")
    expected = writes.table.clone()
    bounds = writes.offsets.tolist()
    for i, (row, start) in enumerate(
        zip(writes.rows.tolist(), writes.starts.tolist(), strict=True)
    ):
        for nth, page in enumerate(writes.pages[bounds[i] : bounds[i + 1]].tolist()):
            expected[row, start + nth] = page
    TWINS.write_rows(*writes)
    assert writes.table.equal(expected)


@pytest.mark.parametrize("seed", range(20))
def test_tokens_are_laid_out_as_a_loop_over_them_would(seed: int) -> None:
    chunks = draw_chunks(seed, "cpu")
    expected = [
        (
            int(chunks.table[row, p // chunks.page_size]) * chunks.page_size + p % chunks.page_size,
            p,
            i,
        )
        for i, row in enumerate(chunks.rows.tolist())
        for p in range(int(chunks.starts[i]), int(chunks.ends[i]))
    ]
    laid = TWINS.out_locations(*chunks)
    assert list(zip(*(column.tolist() for column in laid), strict=True)) == expected
    assert {column.dtype for column in laid} == {torch.int64}


@pytest.mark.parametrize("seed", range(8))
def test_k_and_v_are_stored_where_a_loop_over_tokens_would(seed: int) -> None:
    stores = draw_stores(seed, "cpu", torch.float64)
    k, v = stores.k_pool.clone(), stores.v_pool.clone()
    for token, location in enumerate(stores.locations.tolist()):
        k[location], v[location] = stores.k[token], stores.v[token]
    TWINS.store_kv(*stores)
    assert stores.k_pool.equal(k)
    assert stores.v_pool.equal(v)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_query_reads_what_a_loop_over_heads_and_tokens_would(shape: Shape) -> None:
    drawn = draw_queries(shape.seed, "cpu", torch.float64, shape.page_size, shape.head_dim)
    num_heads, group = drawn.q.shape[1], drawn.q.shape[1] // drawn.k_pool.shape[1]
    got = TWINS.decode_attention(*drawn).view(drawn.q.shape)
    for i, (row, end) in enumerate(zip(drawn.rows.tolist(), drawn.lens.tolist(), strict=True)):
        seen = span(drawn.table[row].tolist(), end, drawn.window, drawn.page_size)
        for head in range(num_heads):
            keys, values = drawn.k_pool[seen, head // group], drawn.v_pool[seen, head // group]
            weights = torch.exp(keys @ drawn.q[i, head] / drawn.q.shape[-1] ** 0.5)
            torch.testing.assert_close(got[i, head], weights @ values / weights.sum())


def test_plain_torch_runs_on_a_cpu_unless_triton_is_asked_for() -> None:
    assert not TWINS.use_triton
    assert not Kernels("cuda:1", use_triton=False).use_triton


def test_on_cuda_triton_runs_if_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("impl.kernels.choice.has_triton", lambda: False)
    assert not Kernels("cuda").use_triton
    monkeypatch.setattr("impl.kernels.choice.has_triton", lambda: True)
    monkeypatch.setattr(Kernels, "_use_triton", lambda _: None)
    assert Kernels("cuda").use_triton
    assert Kernels("cuda:1").use_triton
    assert not Kernels("cpu").use_triton
