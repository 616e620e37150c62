"""How many bytes a contestant's bookkeeping takes: what sessions hold, and their pools."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

import numpy as np
import torch

from benchmarks.bookkeeping.contestant import Contestant
from benchmarks.bookkeeping.point import Point


def weighed(contestant: Contestant, point: Point) -> dict[str, float]:
    """Return the bytes that a point's idle sessions hold, of a row, and of the allocator.

    What sessions hold is what is allocated while they grow and take a turn each, and is still there
    when they idle: Python objects and arrays (as tracemalloc has it), and tensors.
    """
    contestant.reset(point)
    gc.collect()
    tensors = tensor_bytes()
    tracemalloc.start()
    contestant.grow_all()
    for _ in range(0, point.sessions, point.together):
        contestant.turns()
    gc.collect()
    held = tracemalloc.get_traced_memory()[0] + tensor_bytes() - tensors
    tracemalloc.stop()
    rows, allocator = contestant.pools()
    row = max(array_bytes(table) / len(table) for table in arrays(rows) if table.ndim == 2)
    free = sum(array_bytes(array) for array in arrays(allocator))
    return {"sessions": held, "row": row, "allocator": free}


def tensor_bytes() -> int:
    """Return the bytes of all tensors, those that share memory counted once."""
    found = (item for item in gc.get_objects() if issubclass(type(item), torch.Tensor))
    storages = [tensor.untyped_storage() for tensor in found]
    return sum({storage.data_ptr(): storage.nbytes() for storage in storages}.values())


def arrays(pool: Any) -> list[Any]:
    """Return the tensors and arrays that an object has for attributes."""
    return [value for value in vars(pool).values() if isinstance(value, torch.Tensor | np.ndarray)]


def array_bytes(array: Any) -> int:
    """Return the bytes of the memory in which a tensor or array lies."""
    tensor = array if isinstance(array, torch.Tensor) else torch.from_numpy(array)
    return tensor.untyped_storage().nbytes()
