"""Numbers that nobody holds. Answers: which page, row or state comes next?

What is given back while a launched batch may still use it waits until that batch is done. It counts
as free: whoever needs it before waits for the device.
"""

from __future__ import annotations

import numpy as np

from impl.cache.launches import Launches
from impl.cache.mirror import Pages


class FreeList:
    """A stack on the host; what was given back last is handed out first.

    So a reader of what is no longer its own soon reads something else. What it costs grows with the
    numbers handed out, not with those there are.
    """

    def __init__(self, numbers: Pages, launches: Launches) -> None:
        """Start with all `numbers` free; the last one is handed out first."""
        self._stack = numbers
        self._num_ready = len(numbers)
        self._launches = launches
        self._deferred: list[tuple[int, Pages]] = []  # the last batch that may use these

    @classmethod
    def up_to(cls, count: int, launches: Launches) -> FreeList:
        """Return numbers 0 .. count - 1, the lowest of which is handed out first."""
        return cls(np.arange(count, dtype=np.int32)[::-1].copy(), launches)

    @property
    def num_free(self) -> int:
        """How many there are."""
        return self._num_ready + sum(len(numbers) for _, numbers in self._deferred)

    @property
    def numbers(self) -> Pages:
        """All of them; those that are handed out next come last, but for those that still wait."""
        ready = self._stack[: self._num_ready]
        return np.concatenate([ready, *(numbers for _, numbers in self._deferred)])

    def take(self, count: int) -> Pages | None:
        """Hand out `count` numbers: all of them, or None and none."""
        if count > self.num_free:
            return None
        if self._deferred:
            self._land()
        if count > self._num_ready:
            self._launches.wait()
            self._land()
        left = self._num_ready - count
        numbers = self._stack[left : self._num_ready].copy()
        self._num_ready = left
        return numbers

    def put(self, numbers: Pages, after: int = 0) -> None:
        """Take `numbers` back, each once; batch `after` is the last that may use them."""
        total = self.num_free + len(numbers)
        most = len(self._stack)
        assert total <= most, f"{total} of {most} numbers would be free: {numbers}"
        if after <= self._launches.done:
            self._push(numbers)
        else:
            self._deferred.append((after, numbers.copy()))

    def take_one(self) -> int | None:
        """Hand out one number, or None: there is none."""
        taken = self.take(1)
        return None if taken is None else int(taken[0])

    def put_one(self, number: int, after: int = 0) -> None:
        """Take one number back; batch `after` is the last that may use it."""
        self.put(np.array([number], dtype=np.int32), after)

    def _land(self) -> None:
        """Let those be handed out whose batches are done."""
        deferred, self._deferred = self._deferred, []
        for after, numbers in deferred:
            if after <= self._launches.done:
                self._push(numbers)
            else:
                self._deferred.append((after, numbers))

    def _push(self, numbers: Pages) -> None:
        end = self._num_ready + len(numbers)
        self._stack[self._num_ready : end] = numbers
        self._num_ready = end
