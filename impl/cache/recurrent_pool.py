"""The recurrent layers' states: one for each row in use, others for the tree. Which are free?"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from impl.cache.free_list import FreeList
from impl.cache.launches import Launches
from impl.config import EngineConfig


class RecurrentPool:
    """`states` [num_slots, num_heads, head_dim, head_dim], handed out by number."""

    def __init__(self, config: EngineConfig, launches: Launches) -> None:
        """Start with all slots free."""
        model = config.model
        shape = (config.recurrents, model.num_heads, model.head_dim, model.head_dim)
        self.states = torch.zeros(shape, dtype=config.torch_dtype, device=config.device)
        self.free_list = FreeList.up_to(config.recurrents, launches)

    @property
    def num_free(self) -> int:
        """How many slots nobody holds."""
        return self.free_list.num_free

    @property
    def free_slots(self) -> list[int]:
        """The slots that nobody holds."""
        slots: list[int] = self.free_list.numbers.tolist()
        return slots

    def alloc(self) -> int:
        """Hand out a slot with the state before the first token; there must be a free one."""
        slot = self.free_list.take_one()
        assert slot is not None, "a state is free"
        self.states[slot].zero_()
        return slot

    def copy(self, source: int, slot: int) -> None:
        """Let the state in `slot` be that in `source`, on the device: nobody waits for it."""
        self.states[slot].copy_(self.states[source])

    def free(self, slot: int, after: int = 0) -> None:
        """Take a slot back; batch `after` is the last that may use it."""
        self.free_list.put_one(slot, after)

    def backup(self, slots: Iterable[int]) -> dict[int, Tensor]:
        """Copy the states of `slots`: a forward pass writes them in place, and may fail."""
        return {slot: self.states[slot].clone() for slot in slots}

    def restore(self, saved: dict[int, Tensor]) -> None:
        """Put states back. Takes no memory: there may be none left."""
        for slot, state in saved.items():
            self.states[slot].copy_(state)

    def check(self, held: list[int]) -> None:
        """Raise AssertionError unless each slot is free or one of `held`, and only once."""
        slots = sorted([*held, *self.free_slots])
        assert slots == list(range(len(self.states))), (
            f"a recurrent state is free, a row's or the tree's: free {self.free_slots}, held {held}"
        )
