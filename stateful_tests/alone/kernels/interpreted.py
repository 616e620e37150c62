"""Triton's kernels under Triton's interpreter, which needs a process of its own and no GPU.

    TRITON_INTERPRET=1 python -m pytest stateful_tests/alone/kernels/interpreted.py

`test_interpreted` runs it so. Products of bfloat16 are for `gpu_checks`: the interpreter multiplies
their bit patterns as if they were integers (Triton 3.7 and 3.9).
"""

from __future__ import annotations

import pytest
import torch

from impl.engine import Engine
from stateful_tests.alone.client import Client
from stateful_tests.alone.kernels.agree import (
    agree_on_attention,
    agree_on_locations,
    agree_on_rows,
    agree_on_stores,
)
from stateful_tests.alone.kernels.shapes import SHAPES, Shape
from stateful_tests.alone.test_tokens import configured


@pytest.fixture(params=[1, None])
def programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one program do all of a write or a chunk, block after block; or as many as usual."""
    if request.param:
        monkeypatch.setattr("impl.kernels.triton.rows.MOST_PROGRAMS", request.param)
        monkeypatch.setattr("impl.kernels.triton.locations.MOST_PROGRAMS", request.param)


@pytest.mark.usefixtures("programs")
@pytest.mark.parametrize("most", [40, 1200])
@pytest.mark.parametrize("seed", range(4))
def test_rows(seed: int, most: int) -> None:
    """Pages of writes that take several blocks, and of writes of none."""
    agree_on_rows(seed, "cpu", most)


@pytest.mark.usefixtures("programs")
@pytest.mark.parametrize("most", [20, 600])
@pytest.mark.parametrize("seed", range(5))
def test_locations(seed: int, most: int) -> None:
    """Tokens of chunks that take several blocks, and of chunks of none."""
    agree_on_locations(seed, "cpu", most)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("seed", range(6))
def test_stores(seed: int, dtype: torch.dtype) -> None:
    """Tokens of all widths."""
    agree_on_stores(seed, "cpu", dtype)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_attention(shape: Shape) -> None:
    """Contexts in one split, in some, and in more than are combined at a time."""
    agree_on_attention(shape, "cpu")


@pytest.mark.parametrize(("kind", "page_size"), [("plain", 2), ("windows", 4), ("layers", 1)])
def test_an_engine_on_these_kernels_says_what_the_dense_model_says(
    kind: str, page_size: int
) -> None:
    """All that nobody may read is spoilt after each step; the page table has a copy of its own."""
    client = Client(Engine(configured(kind, page_size, use_triton=True)), seed=1)
    for _ in range(12):
        client.ask()
        client.engine.step()
        client.look()
    client.leave()
    assert client.seen["finish"]
    assert client.seen["decode"]
