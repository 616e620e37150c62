"""Sliding windows: K and V of what a window may still reach, on pages of their own (PR 22900)."""

from __future__ import annotations

from collections.abc import Sequence

from impl.cache.mirror import Pages
from impl.cache.parts.part import Part
from impl.cache.record import KVRecord
from impl.cache.window_pool import WindowPool
from impl.paging import window_start


class WindowPart(Part):
    """Frees what is behind the cursor of a row, while other layers keep theirs."""

    def __init__(self, pool: WindowPool, window_len: int) -> None:
        """Look back `window_len` tokens."""
        self.pool = pool
        self.window_len = window_len

    def slide(self, pages: Pages, after: int) -> None:
        """Give their window pages back."""
        self.pool.free(pages, after)

    def is_reusable(self, record: KVRecord, length: int) -> bool:
        """The next token's window is there: nothing has slid yet, or not as far."""
        untouched = record.cursor == record.protected
        return untouched or record.cursor <= window_start(length, self.window_len)

    def can_hold(self, num_pages: int) -> bool:
        """So many window pages are free."""
        return num_pages <= self.pool.allocator.num_free

    def hold(self, pages: Pages) -> None:
        """Each gets a window page."""
        self.pool.alloc(pages)

    def free(self, pages: Pages, after: int) -> None:
        """Give the window pages back of those that still have one."""
        self.pool.free(pages, after)

    def check(self, records: Sequence[KVRecord]) -> None:
        """Raise AssertionError unless each window page is free or one page's."""
        self.pool.check()
