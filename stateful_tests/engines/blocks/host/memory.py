"""The stand-in for model and KV tensors: a number per location, read back through page tables."""

from __future__ import annotations

from collections.abc import Sequence

from stateful_tests.engines.hosting.history import NEVER_WRITTEN, beginning, mixed

VOCABULARY = 3
"""Few tokens: texts, and what the model says, often have whole pages in common."""


def key(namespace: int) -> str:
    """Return how a namespace begins a history."""
    return str(namespace or "")


class Memory:
    """KV by location. A page whose first location is written forgets what it held before."""

    def __init__(self, num_pages: int, page_size: int) -> None:
        self.page_size = page_size
        self.values = [NEVER_WRITTEN] * (num_pages * page_size)

    def compute(
        self, tokens: Sequence[int], start: int, upto: int, table: Sequence[int], namespace: int
    ) -> int:
        """Store the KV of the tokens `start` to `upto`; return the digest of all KV up to there."""
        digest = beginning(key(namespace))
        for position in range(upto):
            page, offset = table[position // self.page_size], position % self.page_size
            location = page * self.page_size + offset
            if position >= start:
                if offset == 0:
                    self.values[location : location + self.page_size] = [
                        NEVER_WRITTEN
                    ] * self.page_size
                self.values[location] = mixed(digest, tokens[position])
            digest = mixed(digest, self.values[location])
        return digest
