"""Overlap on CUDA: who reads or allocates waits for no more than it needs."""

from __future__ import annotations

import numpy as np
import torch

from impl.cache.free_list import FreeList
from impl.cache.launches import Launches
from impl.model.in_air import InAir

LONG = 2_000_000_000
"""Cycles that the device is kept busy: about a second."""


def test_a_batch_is_read_while_the_next_one_is_still_computed() -> None:
    copying = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    tokens = torch.arange(4, device="cuda")
    first = InAir(tokens + 10, copying)
    torch.cuda._sleep(LONG)  # type: ignore[no-untyped-call]
    second = InAir(tokens + 20, copying)
    assert first.read(3) == 13
    assert not is_there(second)
    assert second.read(0) == 20
    assert is_there(second)


def is_there(batch: InAir) -> bool:
    """Tell whether a batch's tokens are on the host, without waiting."""
    assert batch._there is not None
    return bool(batch._there.query())  # type: ignore[no-untyped-call]


def test_who_needs_what_a_launched_batch_may_use_waits_for_the_device() -> None:
    launches = Launches("cuda")
    free = FreeList(np.array([1, 2], dtype=np.int32), launches)
    taken = free.take(1)
    assert taken is not None
    batch = launches.begin()
    torch.cuda._sleep(LONG)  # type: ignore[no-untyped-call]
    done = torch.cuda.Event()  # type: ignore[no-untyped-call]
    done.record()
    free.put(taken, after=batch)
    assert free.take(1) is not None
    assert not done.query()  # type: ignore[no-untyped-call]  # there was another one
    assert free.take(1) is not None
    assert done.query()  # type: ignore[no-untyped-call]
