"""The tree's leaves that nobody reads, oldest first. Answers: what would be missed the least?"""

from __future__ import annotations

import heapq
from itertools import count

from impl.cache.radix_node import RadixNode


class Leaves:
    """A heap of nodes by last access. What became of a node since is found out when it comes up."""

    def __init__(self) -> None:
        """Start empty."""
        self._heap: list[tuple[int, int, RadixNode]] = []
        self._number = count()  # so that nodes need no order of their own

    def add(self, node: RadixNode) -> None:
        """Remember a node that has become a leaf, or that nobody reads any more."""
        if node.is_evictable:
            heapq.heappush(self._heap, (node.last_access, next(self._number), node))

    def oldest(self) -> RadixNode | None:
        """Return the unlocked leaf that was used longest ago, or None."""
        while self._heap:
            told, _, node = self._heap[0]
            if node.is_evictable and told == node.last_access:
                return node
            heapq.heappop(self._heap)
            self.add(node)
        return None
