"""Overlap on CUDA: who reads a batch does not wait for the one that was launched after it."""

from __future__ import annotations

import torch

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
