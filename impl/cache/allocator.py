"""Hands out and takes back pages. Answers: which pages are free?"""

from __future__ import annotations

import numpy as np

from impl.cache.mirror import Pages


class PagedAllocator:
    """Free pages, on a stack on the host. Page 0 is the padding page: it is never handed out.

    Pages freed last are handed out first, so that a reader of a page that is no longer its own soon
    reads something else. What it costs grows with the pages handed out, not with those there are.
    """

    def __init__(self, num_pages: int, page_size: int) -> None:
        """Start with pages 1 .. num_pages free."""
        self.num_pages = num_pages
        self.page_size = page_size
        self.num_free = num_pages
        self._stack: Pages = np.arange(num_pages, 0, -1, dtype=np.int32)

    @property
    def free_pages(self) -> Pages:
        """The free pages, as a view; the last one is handed out first."""
        return self._stack[: self.num_free]

    @property
    def available_size(self) -> int:
        """Free pages times page_size, in tokens."""
        return self.num_free * self.page_size

    def alloc(self, count: int) -> Pages | None:
        """Hand out `count` pages: all of them, or None and no page."""
        left = self.num_free - count
        if left < 0:
            return None
        pages = self._stack[left : self.num_free].copy()
        self.num_free = left
        return pages

    def free(self, pages: Pages) -> None:
        """Take `pages` back, each once."""
        total = self.num_free + len(pages)
        assert total <= self.num_pages, f"{total} of {self.num_pages} pages would be free: {pages}"
        self._stack[self.num_free : total] = pages
        self.num_free = total

    def check(self) -> None:
        """Raise AssertionError unless free pages are real, and each is free once."""
        pages = self.free_pages
        real = bool(((pages >= 1) & (pages <= self.num_pages)).all())
        assert real, f"a free page is one of 1 .. {self.num_pages}: {pages.tolist()}"
        assert len(np.unique(pages)) == len(pages), f"a page is free once: {pages.tolist()}"
