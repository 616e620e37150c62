"""Full attention: K and V of every token, as long as its row or the tree holds it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from impl.cache.allocator import PagedAllocator
from impl.cache.mirror import Pages
from impl.cache.page_table import PageTable
from impl.cache.parts.part import Part
from impl.cache.radix_cache import RadixCache
from impl.cache.record import KVRecord


class FullPart(Part):
    """The pages themselves, by whose numbers all other parts go."""

    def __init__(self, allocator: PagedAllocator, rows: PageTable, tree: RadixCache) -> None:
        """Give pages back to `allocator`; rows and the tree hold the others."""
        self.allocator = allocator
        self.rows = rows
        self.tree = tree

    def can_hold(self, num_pages: int) -> bool:
        """So many pages are free."""
        return num_pages <= self.allocator.num_free

    def free(self, pages: Pages, after: int) -> None:
        """They are free again."""
        self.allocator.free(pages, after)

    def check(self, records: Sequence[KVRecord]) -> None:
        """Raise AssertionError unless each page is free, in the tree, or one row's own."""
        self.allocator.check()
        free, cached, total = self.allocator.free_pages, self.tree.pages, self.allocator.num_pages
        private = [self.rows.of(r.row, r.protected, r.allocated) for r in records]
        held = np.concatenate([np.empty(0, dtype=np.int32), *private])
        holders = np.bincount(np.concatenate((held, cached, free)), minlength=total + 1)
        expected = np.minimum(np.arange(total + 1), 1)  # none for the padding page
        assert np.array_equal(holders, expected), (
            f"every page has exactly one holder: free {free.tolist()}, held {held.tolist()}, "
            f"cached {cached.tolist()}, of {total} pages"
        )
