"""Hands out and takes back pages. Answers: which pages are free?"""

from __future__ import annotations

import numpy as np

from impl.cache.free_list import FreeList
from impl.cache.launches import Launches
from impl.cache.mirror import Pages


class PagedAllocator:
    """Pages 1 .. num_pages. Page 0 is the padding page: it is never handed out."""

    def __init__(self, num_pages: int, page_size: int, launches: Launches) -> None:
        """Start with all pages free."""
        self.num_pages = num_pages
        self.page_size = page_size
        self.free_list = FreeList(np.arange(num_pages, 0, -1, dtype=np.int32), launches)

    @property
    def num_free(self) -> int:
        """How many pages nobody holds."""
        return self.free_list.num_free

    @property
    def free_pages(self) -> Pages:
        """The pages that nobody holds."""
        return self.free_list.numbers

    @property
    def available_size(self) -> int:
        """Free pages times page_size, in tokens."""
        return self.num_free * self.page_size

    def alloc(self, count: int) -> Pages | None:
        """Hand out `count` pages: all of them, or None and no page."""
        return self.free_list.take(count)

    def free(self, pages: Pages, after: int = 0) -> None:
        """Take `pages` back, each once, whole; batch `after` is the last that may use them."""
        self.free_list.put(pages, after)

    def check(self) -> None:
        """Raise AssertionError unless free pages are real, and each is free once."""
        pages = self.free_pages
        real = bool(((pages >= 1) & (pages <= self.num_pages)).all())
        assert real, f"a free page is one of 1 .. {self.num_pages}: {pages.tolist()}"
        assert len(np.unique(pages)) == len(pages), f"a page is free once: {pages.tolist()}"
