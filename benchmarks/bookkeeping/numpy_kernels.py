"""The least that a CPU can do in place of a release's kernels: less than to launch one costs.

Called as the release calls its own functions for CPUs; tensors [batch] of int64.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np


def extend(
    prefix_lens: Any, seq_lens: Any, last: Any, free: Any, out: Any, size: int, _device: str
) -> None:
    """Fill each request's last page, then new ones."""
    pages, filled, at, page = free.numpy(), out.numpy(), 0, 0
    lists = (prefix_lens.tolist(), seq_lens.tolist(), last.tolist())
    for start, end, location in zip(*lists, strict=True):
        begun = min(-start % size, end - start)
        filled[at : at + begun] = np.arange(location + 1, location + 1 + begun)
        whole = end - start - begun
        num = -(-whole // size)
        new = (pages[page : page + num, None] * size + np.arange(size)).ravel()
        filled[at + begun : at + begun + whole] = new[:whole]
        at, page = at + begun + whole, page + num


def decode(seq_lens: Any, last: Any, free: Any, out: Any, size: int, _num: int) -> None:
    """Extend each request by one location."""
    filled = out.numpy()
    np.add(last.numpy(), 1, out=filled)
    begins = np.flatnonzero(seq_lens.numpy() % size == 1)
    if begins.size:
        filled[begins] = free.numpy()[: begins.size] * size


def write(
    locations: Any,
    _rows: Any,
    rows: Any,
    _prefix_lens: Any,
    prefix_lens: Any,
    _seq_lens: Any,
    seq_lens: Any,
    *_others: Any,
) -> None:
    """Let rows list the new locations; the last argument is the pool of rows."""
    table, new, at = _others[-1].req_to_token.numpy(), locations.numpy(), 0
    lists = (rows.tolist(), prefix_lens.tolist(), seq_lens.tolist())
    for row, start, end in zip(*lists, strict=True):
        table[row, start:end] = new[at : at + end - start]
        at += end - start


NAIVE = MappingProxyType({"alloc_extend_naive": extend, "alloc_decode_naive": decode})
