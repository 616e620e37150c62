"""Triton's kernels on CUDA against plain torch on CUDA, at real sizes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
import torch

from stateful_tests.alone.kernels.shapes import Shape

pytestmark = pytest.mark.filterwarnings("ignore:TRITON_DEFAULT_FP_FUSION")  # Triton 3.9 asks

DEVICE = "cuda"
SEEDS = range(4)
DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16]


@pytest.fixture(autouse=True)
def exact_products() -> Iterator[None]:
    """Let plain torch multiply in float32 where it is the reference."""
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = False
    yield
    torch.backends.cuda.matmul.allow_tf32 = before


@pytest.fixture(autouse=True)
def triton() -> None:
    """Skip where Triton is not installed."""
    pytest.importorskip("triton", reason="Triton is not installed")


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_on_cuda_are_those_of_plain_torch(seed: int) -> None:
    from stateful_tests.alone.kernels.agree import agree_on_rows  # noqa: PLC0415 - needs Triton

    agree_on_rows(seed, DEVICE, most=40_000)


@pytest.mark.parametrize("seed", range(12))
def test_locations_on_cuda_are_those_of_plain_torch(seed: int) -> None:
    from stateful_tests.alone.kernels.agree import agree_on_locations  # noqa: PLC0415

    agree_on_locations(seed, DEVICE, most=100_000)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("seed", SEEDS)
def test_stores_on_cuda_are_those_of_plain_torch(seed: int, dtype: torch.dtype) -> None:
    from stateful_tests.alone.kernels.agree import agree_on_stores  # noqa: PLC0415

    agree_on_stores(seed, DEVICE, dtype, most=8_192)


@pytest.mark.parametrize("most", [300, 9_000])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("sizes", [(1, 128), (3, 24), (16, 64), (16, 128), (64, 128)], ids=str)
def test_attention_on_cuda_is_that_of_plain_torch(
    sizes: tuple[int, int], dtype: torch.dtype, most: int
) -> None:
    from stateful_tests.alone.kernels.agree import agree_on_attention  # noqa: PLC0415

    for seed, split_len in product(SEEDS, [None, 128]):
        agree_on_attention(Shape(seed, *sizes, dtype, split_len, most), DEVICE)
