"""A device that really has no memory left: one turn fails, its neighbour and the engine go on."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from impl.config import EngineConfig
from impl.engine import Engine
from impl.model.batch import Chunk

MUCH = 2**50
"""Bytes that no device has."""


def test_a_turn_for_which_the_device_has_no_memory_fails_alone() -> None:
    engine = Engine(EngineConfig(device="cuda"))
    forward, row = engine.runner.forward, 0

    def hungry(chunks: Sequence[Chunk]) -> Tensor:
        if any(chunk.row == row for chunk in chunks):
            torch.empty(MUCH, dtype=torch.uint8, device="cuda")
        return forward(chunks)

    engine.runner.forward = hungry  # type: ignore[method-assign]
    for turn in (1, 2):
        engine.generate(turn, turn, [turn], 2)
    engine.step()
    row = -1  # from now on there is enough
    while not engine.idle:
        engine.step()
        engine.check()
    engine.generate(1, 3, [1], 2)
    while not engine.idle:
        engine.step()
    assert [(end.turn, end.reason) for end in engine.ended] == [
        (1, "out_of_memory"),
        (2, ""),
        (3, ""),
    ]
