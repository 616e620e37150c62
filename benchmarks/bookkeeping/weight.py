"""How many bytes a contestant's bookkeeping takes: what sessions hold, and the pools they share."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from typing import Any

import numpy as np
import torch

from benchmarks.bookkeeping.contestant import Contestant
from benchmarks.bookkeeping.point import Point


def weighed(contestant: Contestant, point: Point) -> dict[str, int]:
    """Return the bytes that a point's idle sessions hold, and those of rows and allocator.

    What sessions hold is what is allocated while they grow and is still there when they idle:
    Python objects and arrays (as tracemalloc has it), and tensors.
    """
    contestant.prepare(point)  # what is made once only is made now
    contestant.reset(point)
    gc.collect()
    tensors = tensor_bytes()
    tracemalloc.start()
    contestant.grow_all()
    gc.collect()
    held = tracemalloc.get_traced_memory()[0] + tensor_bytes() - tensors
    tracemalloc.stop()
    rows, allocator = contestant.pools()
    return {"sessions": held, "rows": array_bytes(rows), "allocator": array_bytes(allocator)}


def tensor_bytes() -> int:
    """Return the bytes of all tensors, those that share memory counted once."""
    found = (item for item in gc.get_objects() if issubclass(type(item), torch.Tensor))
    storages = [tensor.untyped_storage() for tensor in found]
    return sum({storage.data_ptr(): storage.nbytes() for storage in storages}.values())


def array_bytes(pool: Any) -> int:
    """Return the bytes of the tensors, arrays and lists that an object has for attributes."""
    total = 0
    for value in vars(pool).values():
        if isinstance(value, torch.Tensor):
            total += value.untyped_storage().nbytes()
        elif isinstance(value, np.ndarray):
            total += value.nbytes
        elif isinstance(value, list):
            total += sys.getsizeof(value)
    return total
