"""Paged attention on CUDA against a dense reference, over rows whose pages lie anywhere."""

from __future__ import annotations

import pytest
import torch

from impl.cache.page_table import locations_of
from impl.kernels.choice import Kernels
from impl.model.attention import paged_attention
from impl.model.batch import Batch, Chunk
from stateful_tests.engines.reference.dense import dense_attention

DEVICE = "cuda"
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-4, torch.bfloat16: 5e-2}


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("page_size", [1, 4, 16])
@pytest.mark.parametrize("window", [None, 20])
def test_paged_attention_on_cuda_equals_dense_attention(
    window: int | None, page_size: int, dtype: torch.dtype
) -> None:
    torch.manual_seed(page_size)
    lens, starts = [700, 33, 1, 128], [650, 0, 0, 127]
    pages = [-(-n // page_size) for n in lens]
    shuffled = iter(torch.split(torch.randperm(sum(pages)) + 1, pages))
    table = torch.zeros(len(lens), max(pages), dtype=torch.int32)
    for row in table:
        page = next(shuffled)
        row[: len(page)] = page
    at = [locations_of(row.numpy(), page_size) for row in table]
    pool = (1 + sum(pages)) * page_size
    k, v = (torch.randn(pool, 2, 16, dtype=dtype, device=DEVICE) for _ in range(2))
    chunks = [
        Chunk([0] * (end - start), i, start)
        for i, (start, end) in enumerate(zip(starts, lens, strict=True))
    ]
    queries = [torch.randn(end, 8, 16, dtype=dtype, device=DEVICE) for end in lens]
    flat = torch.cat([q[start:] for q, start in zip(queries, starts, strict=True)])
    batch = Batch.of(chunks, table.to(DEVICE), page_size, Kernels(DEVICE))
    reach = batch.padded_index, batch.kv_locations, batch.hidden(window)
    got = paged_attention(flat, k, v, *reach)
    expected = torch.cat(
        [
            dense_attention(q.double(), k[at[i][:end]].double(), v[at[i][:end]].double(), window)[
                start:
            ].flatten(1)
            for i, (q, start, end) in enumerate(zip(queries, starts, lens, strict=True))
        ]
    )
    assert (got.double() - expected).abs().max() <= TOLERANCE[dtype]
