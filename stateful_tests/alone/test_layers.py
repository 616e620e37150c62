"""Paged attention and the recurrence against their dense counterparts."""

from __future__ import annotations

import pytest
import torch

from impl.kernels.choice import Kernels
from impl.model.attention import paged_attention
from impl.model.batch import Batch, Chunk
from impl.model.recurrence import recur
from stateful_tests.engines.reference.dense import dense_attention, dense_recurrence


@pytest.mark.parametrize("window", [None, 1, 4])
def test_paged_attention_over_a_ragged_batch_equals_dense_attention(window: int | None) -> None:
    generator = torch.Generator().manual_seed(0)
    q, k, v = (
        torch.randn(3, 12, heads, 8, generator=generator, dtype=torch.float64)
        for heads in (6, 2, 2)
    )
    locations = 1 + torch.randperm(40, generator=generator)[:36].reshape(3, 12)
    pool_k = torch.full((41, 2, 8), torch.nan, dtype=torch.float64)
    pool_k[0] = 0
    pool_v = pool_k.clone()
    pool_k[locations], pool_v[locations] = k, v
    spans = [(0, 12), (3, 9), (10, 11)]
    chunks = [Chunk([0] * (end - start), row, start) for row, (start, end) in enumerate(spans)]
    batch = Batch.of(chunks, locations, 1, Kernels("cpu"))
    flat = torch.cat([q[row, start:end] for row, (start, end) in enumerate(spans)])
    reach = batch.padded_index, batch.kv_locations, batch.hidden(window)
    got = paged_attention(flat, pool_k, pool_v, *reach)
    dense = [
        dense_attention(q[row, :end], k[row, :end], v[row, :end], window)[start:]
        for row, (start, end) in enumerate(spans)
    ]
    torch.testing.assert_close(got, torch.cat(dense).flatten(1))


def test_the_recurrence_in_chunks_equals_the_dense_one() -> None:
    generator = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(9, 2, 4, generator=generator, dtype=torch.float64) for _ in range(3))
    expected, expected_states = dense_recurrence(q, k, v)
    states = torch.zeros(3, 2, 4, 4, dtype=torch.float64)
    read = [
        recur(q[start:end], k[start:end], v[start:end], states, [(0, end - start)], [1])
        for start, end in ((0, 4), (4, 5), (5, 9))
    ]
    torch.testing.assert_close(torch.cat(read), expected.flatten(1))
    torch.testing.assert_close(states[1], expected_states[-1])
    assert not states[[0, 2]].any()
