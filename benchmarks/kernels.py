"""How fast the kernels are on a CUDA device, against plain torch, copying, and SGLang's own.

    python -m benchmarks.kernels

Batches are those of a server: many turns that extend, and many that decode. Attention is told in
bytes of K and V read a second, and as a share of what copying on the same device reads and writes.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from itertools import product
from typing import Annotated, Any

import torch
import typer

from impl.kernels.choice import Kernels, has_triton

DEVICE = "cuda"
PAGE_SIZE = 16
HEADS, KV_HEADS, HEAD_DIM = 32, 8, 128
BATCHES = [(64, 1), (256, 1), (8, 2048), (64, 512), (1, 131_072)]
"""Turns in a batch, and new tokens of each."""

SGLANG = ["sglang.kernels.ops.memory", "sglang.srt.mem_cache.triton_ops", "sglang.srt.mem_cache"]
"""Where releases of SGLang keep these kernels: from 0.5.18 on, from 0.5.13 on, and before."""


def seconds(call: Callable[[], object]) -> float:
    """Return the median time of a call, launches included, with nothing in the device's caches."""
    from triton.testing import do_bench  # noqa: PLC0415 - optional

    return float(do_bench(call, return_mode="median")) / 1e3


def copy_bandwidth() -> float:
    """Return how many bytes a second copying reads and writes, together."""
    source = torch.empty(1 << 32, dtype=torch.uint8, device=DEVICE)
    target = torch.empty_like(source)
    return 2 * source.numel() / seconds(lambda: target.copy_(source))


def numbers(values: object) -> torch.Tensor:
    """Return integers on the device."""
    return torch.tensor(values, device=DEVICE)


def batches(triton: Kernels, twins: Kernels) -> None:
    """Time allocation's part on the device: rows written, and tokens laid out."""
    print(
        f"{'turns':>6} {'tokens':>8} | write_rows, torch: us | out_locations, torch, SGLang's: us"
    )
    for num_turns, length in BATCHES:
        pages = -(-length // PAGE_SIZE)
        table = torch.zeros(num_turns, pages + 1, dtype=torch.int32, device=DEVICE)
        rows, starts = torch.arange(num_turns, device=DEVICE), numbers([0] * num_turns)
        offsets = torch.arange(0, (num_turns + 1) * pages, pages, device=DEVICE)
        new = 1 + torch.randperm(num_turns * pages, device=DEVICE)
        write = table, rows, starts, offsets, new
        lay = table, rows, starts, starts + length, PAGE_SIZE, num_turns * length
        times = [
            1e6 * seconds(lambda call=call, given=given: call(*given))  # type: ignore[misc]
            for call, given in (
                (triton.write_rows, write),
                (twins.write_rows, write),
                (triton.out_locations, lay),
                (twins.out_locations, lay),
            )
        ]
        theirs = "  ".join(f"{name} {1e6 * time:.0f}" for name, time in sglang(*lay[1:4], new))
        print(
            f"{num_turns:6} {num_turns * length:8} | {times[0]:8.0f} {times[1]:8.0f} | "
            f"{times[2]:8.0f} {times[3]:8.0f}  {theirs or 'SGLang is not here'}"
        )


def sglang(
    rows: torch.Tensor, starts: torch.Tensor, ends: torch.Tensor, pages: torch.Tensor
) -> list[tuple[str, float]]:
    """Time the kernels of an installed SGLang that choose locations, and write them to rows.

    They list tokens, not pages, so they write page_size times as much.
    """
    common, allocator = (found(name) for name in ("common", "allocator"))
    if not common or not allocator:
        return []
    count, num_tokens = len(rows), int((ends - starts).sum())
    out = torch.empty(num_tokens, dtype=torch.int64, device=DEVICE)
    table = torch.zeros(count, int(ends.max()), dtype=torch.int32, device=DEVICE)
    last, bound = starts - 1, 1 << max(count - 1, 1).bit_length()
    prefixes = numbers([out.data_ptr()] * count).to(torch.uint64)

    def alloc() -> None:
        allocator.alloc_extend_kernel[count,](starts, ends, last, pages, out, bound, PAGE_SIZE)

    def write() -> None:
        common.write_req_to_token_pool_triton[count,](
            table, rows, prefixes, starts, ends, ends - starts, out, table.shape[1]
        )

    return [("alloc_extend", seconds(alloc)), ("write_req_to_token_pool", seconds(write))]


def found(name: str) -> Any:
    """Import a module of kernels from where this release of SGLang has it, or return None."""
    for place in SGLANG:
        with suppress(Exception):  # what else a release imports may be missing in many ways
            return import_module(f"{place}.{name}")
    return None


def attention(triton: Kernels, dtype: torch.dtype, memory: int) -> None:
    """Time decode attention over contexts that fit in `memory` bytes of K and V."""
    copying = copy_bandwidth()
    print(f"copying reads and writes {copying / 1e12:.2f} TB/s")
    print(f"{'context':>8} {'batch':>6} {'us':>9} {'TB/s':>6} {'of copying':>11}")
    token_bytes = 2 * KV_HEADS * HEAD_DIM * dtype.itemsize
    for log_len, num_turns in product(range(10, 18), (1, 4, 16, 64)):
        length, pages = 1 << log_len, (1 << log_len) // PAGE_SIZE
        if num_turns * length * token_bytes > memory:
            continue
        size = (num_turns * pages + 1) * PAGE_SIZE
        k, v = (torch.randn(size, KV_HEADS, HEAD_DIM, dtype=dtype, device=DEVICE) for _ in range(2))
        table = 1 + torch.randperm(num_turns * pages, device=DEVICE).view(num_turns, pages).int()
        q = torch.randn(num_turns, HEADS, HEAD_DIM, dtype=dtype, device=DEVICE)
        rows, lens = torch.arange(num_turns, device=DEVICE), numbers([length] * num_turns)
        given = q, k, v, table, rows, lens, PAGE_SIZE, None, length
        time = seconds(lambda given=given: triton.decode_attention(*given))  # type: ignore[misc]
        rate = num_turns * length * token_bytes / time
        print(
            f"{length:8} {num_turns:6} {1e6 * time:9.1f} {rate / 1e12:6.2f} {rate / copying:11.0%}"
        )


def main(
    dtype: Annotated[
        str, typer.Option(help="Of K and V: bfloat16, float16 or float32.")
    ] = "bfloat16",
    gigabytes: Annotated[float, typer.Option(help="Most K and V of a batch.")] = 40.0,
) -> None:
    """Measure the kernels on a CUDA device."""
    if not (torch.cuda.is_available() and has_triton()):
        print("This needs a CUDA device that torch finds, and Triton.")
        raise typer.Exit(2)
    torch.manual_seed(0)
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}")
    triton, twins = (Kernels(DEVICE, use_triton=use) for use in (True, False))
    with torch.inference_mode():
        batches(triton, twins)
        attention(triton, getattr(torch, dtype), int(gigabytes * 1e9))


if __name__ == "__main__":
    typer.run(main)
