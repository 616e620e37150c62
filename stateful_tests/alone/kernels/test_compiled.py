"""Triton's kernels compile for GPUs that are not here. Their launchers say with which arguments."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
import torch

from stateful_tests.alone.kernels.compiler import Compiler
from stateful_tests.alone.kernels.draw import (
    draw_chunks,
    draw_queries,
    draw_stores,
    draw_writes,
)

CAPABILITIES = [80, 90]
"""A100; H100 and H200."""

SHARED_MEMORY = 99 << 10
"""Bytes of shared memory that every GPU from capability 80 on lets a program have."""

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("triton") is None, reason="Triton is not installed"
    ),
    pytest.mark.filterwarnings("ignore:TRITON_DEFAULT_FP_FUSION"),  # 3.9 wants a choice of 3.10's
]


@pytest.fixture(params=CAPABILITIES)
def compilers(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., list[Compiler]]:
    """Return what puts compilers in place of some kernels of a module, by name."""
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))

    def replace(module: str, *names: str) -> list[Compiler]:
        place = import_module(f"impl.kernels.triton.{module}")
        made = [Compiler(getattr(place, name), request.param) for name in names]
        for name, compiler in zip(names, made, strict=True):
            monkeypatch.setattr(place, name, compiler)
        return made

    return replace


def test_rows_compile(compilers: Callable[..., list[Compiler]]) -> None:
    [kernel] = compilers("rows", "_write_rows")
    import_module("impl.kernels.triton.rows").write_rows(*draw_writes(1, "cpu"))
    assert len(kernel.compiled) == 1


def test_locations_compile(compilers: Callable[..., list[Compiler]]) -> None:
    [kernel] = compilers("locations", "_lay_out")
    import_module("impl.kernels.triton.locations").out_locations(*draw_chunks(1, "cpu"))
    assert len(kernel.compiled) == 1


def test_stores_compile(compilers: Callable[..., list[Compiler]]) -> None:
    [kernel] = compilers("store", "_store_kv")
    import_module("impl.kernels.triton.store").store_kv(*draw_stores(0, "cpu", torch.bfloat16))
    assert len(kernel.compiled) == 1


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64], ids=str)
def test_attention_compiles_and_fits_a_gpu(
    dtype: torch.dtype, compilers: Callable[..., list[Compiler]]
) -> None:
    attend, combine = compilers("decode", "attend_in_splits", "combine_splits")
    drawn = draw_queries(0, "cpu", dtype, page_size=16, head_dim=128)._replace(window=None)
    import_module("impl.kernels.triton.decode").decode_attention(*drawn, split_len=128)
    assert len(combine.compiled) == 1
    [split] = attend.compiled
    assert split.metadata.shared <= SHARED_MEMORY
    if dtype == torch.bfloat16:
        assert "mma.sync" in split.asm["ptx"], "tensor cores multiply"
        assert "cp.async" in split.asm["ptx"], "the next tile is loaded meanwhile"
