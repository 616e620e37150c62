"""What a release leaves to Triton kernels, on a CPU: its own functions, or next to nothing.

A paged allocator chooses locations in kernels. 0.5.23 has functions of its own for where there is
no Triton. 0.5.11 has one for extends; for decodes there is a stand-in here, of as few operations.
Rows are written by a kernel, too, and on a CPU by a loop of the release's, prefix and all.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import torch

from benchmarks.bookkeeping import numpy_kernels
from stateful_tests.engines.sglang.host.pools import Kernel

NAIVE = ("alloc_extend_naive", "alloc_decode_naive")


def decode(
    seq_lens: Any, last: Any, free: Any, out: Any, page_size: int, _num_new_pages: int
) -> None:
    """Extend each request by one location: the next on its page, or the first of a new one."""
    begins = (seq_lens - 1) % page_size == 0
    if bool(begins.any()):
        nth = (torch.cumsum(begins, 0) - 1).clamp(min=0)
        out[:] = torch.where(begins, free[nth] * page_size, last + 1)
    else:
        out[:] = last + 1


class Kernels:
    """A release's functions in place of kernels, which can be exchanged."""

    def __init__(self, allocators: ModuleType, allocation: ModuleType) -> None:
        """Let the paged allocator in one module do without Triton, if it cannot yet."""
        self.allocators, self.allocation = vars(allocators), vars(allocation)
        self.allocators.setdefault("alloc_decode_naive", decode)
        self.own = {name: self.allocators[name] for name in NAIVE}
        self.write = self.allocation["write_cache_indices"]
        self.allocators["alloc_extend_kernel"] = Kernel(self._extend)
        self.allocators["alloc_decode_kernel"] = Kernel(self._decode)

    def choose(self, *, free: bool) -> None:
        """Use the release's own functions, or a few lines of numpy."""
        self.allocators.update(numpy_kernels.NAIVE if free else self.own)
        self.allocation["write_cache_indices"] = numpy_kernels.write if free else self.write

    def _extend(self, *args: Any) -> None:
        *given, _batch_size, page_size = args
        self.allocators["alloc_extend_naive"](*given, page_size, "cpu")

    def _decode(self, *args: Any) -> None:
        *given, _batch_size, page_size = args
        self.allocators["alloc_decode_naive"](*given, page_size, 0)
