"""Who holds how much: the five sizes that add up to the pool."""

from __future__ import annotations

from typing import NamedTuple


class Sizes(NamedTuple):
    """Tokens, in whole pages, each page counted once, under its owner."""

    available: int  # free
    evictable: int  # in the tree, read by nobody
    protected: int  # in the tree, locked
    session_held: int  # private to slots that no turn borrows
    uncached: int  # private to running turns, on their slot's record or their own first one

    @property
    def total(self) -> int:
        """All of them: the size of the pool, idle and busy."""
        return sum(self)
