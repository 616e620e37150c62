"""The states seen so far: a table of two 64-bit hashes for each, on the device.

A table of 2 ** k places is filled by open addressing, for all keys of a batch at once.
"""

from __future__ import annotations

import torch
from torch import Tensor

FIRST_SIZE = 1 << 16
MULTIPLIERS = (
    -7046029254386353131, -4417276706812531889, -8663945395140668459, 5871781006564002453
)  # fmt: skip
"""Odd numbers without a pattern, as 64-bit hashes use them."""


class CollisionError(RuntimeError):
    """Two different states have the same first hash: start again with other multipliers."""


def hashes(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Return two hashes of each row; rows are whole numbers of eight bytes."""
    words = rows.view(torch.int64)
    columns = words.t().contiguous().unbind(0)
    return _mixed(columns, *MULTIPLIERS[:2]), _mixed(columns, *MULTIPLIERS[2:])


def _mixed(columns: tuple[Tensor, ...], first: int, second: int) -> Tensor:
    mixed = torch.full_like(columns[0], first)
    for column in columns:
        mixed.bitwise_xor_(column)
        mixed.mul_(second)
        mixed.bitwise_xor_((mixed >> 29) & 0x7FFFFFFFF)
    mixed.mul_(first)
    return mixed.bitwise_xor_((mixed >> 32) & 0xFFFFFFFF)


class Seen:
    """A set of keys, each the two hashes of a state."""

    def __init__(self, device: torch.device) -> None:
        self.count, self._device = 0, device
        self._make(FIRST_SIZE)

    def _make(self, size: int) -> None:
        self._size = size
        self._first = torch.zeros(size, dtype=torch.int64, device=self._device)
        self._second = torch.zeros(size, dtype=torch.int64, device=self._device)
        self._by = torch.zeros(size, dtype=torch.int32, device=self._device)

    def add(self, first: Tensor, second: Tensor) -> Tensor:
        """Add keys; return the indices of those that are new, one for each key."""
        while 2 * (self.count + len(first)) > self._size:
            self._grow()
        new = self._insert(first, second)
        self.count += len(new)
        return new

    def _grow(self) -> None:
        kept = self._first != 0
        first, second = self._first[kept], self._second[kept]
        self._make(self._size * 4)
        self._insert(first, second)

    def _insert(self, first: Tensor, second: Tensor) -> Tensor:
        first = first + (first == 0)  # 0 marks an empty place
        pending = torch.arange(len(first), device=self._device)
        place = (first ^ (first >> 32)) & (self._size - 1)
        new = []
        while len(pending):
            held = self._first[place]
            key = first[pending]
            empty = held == 0
            claimed = torch.nonzero(empty).flatten()
            if len(claimed):
                at, who = place[claimed], pending[claimed]
                self._first[at] = key[claimed]
                won = self._first[at] == key[claimed]
                at, who = at[won], who[won]
                self._by[at] = who.to(torch.int32)
                mine = self._by[at] == who
                at, who = at[mine], who[mine]
                self._second[at] = second[who]
                new.append(who)
                held = self._first[place]
            settled = held == key
            if not torch.equal(self._second[place[settled]], second[pending[settled]]):
                raise CollisionError
            left = torch.nonzero(~settled).flatten()
            pending, place = pending[left], (place[left] + 1) & (self._size - 1)
        return torch.cat(new) if new else pending
