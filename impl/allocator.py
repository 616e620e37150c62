"""Hands out and takes back locations, whole pages at a time. Answers: which pages are free?"""

from __future__ import annotations

import torch
from torch import Tensor

from impl.paging import location, num_new_pages, num_partial, page_of


class PagedAllocator:
    """Free pages, on the device. Page 0 is the padding page: it is never handed out.

    Pages freed last are handed out first, so that a reader of a page that is no longer its own soon
    reads something else.
    """

    def __init__(self, num_pages: int, page_size: int, device: str) -> None:
        """Start with pages 1 .. num_pages free."""
        self.num_pages = num_pages
        self.page_size = page_size
        self.free_pages = torch.arange(1, num_pages + 1, device=device)
        self._offsets = torch.arange(page_size, device=device)

    @property
    def available_size(self) -> int:
        """Free pages times page_size, in tokens."""
        return self.free_pages.numel() * self.page_size

    def alloc_extend(self, prefix_len: int, seq_len: int, last_loc: Tensor) -> Tensor | None:
        """Return locations for positions [prefix_len, seq_len), or None: no room.

        The rest of the partial page after `last_loc` (a scalar tensor: the location of position
        prefix_len - 1, unused when prefix_len is page-aligned) comes first, then whole new pages.
        """
        num_new = num_new_pages(prefix_len, seq_len, self.page_size)
        if num_new > self.free_pages.numel():
            return None
        begun = num_partial(prefix_len, seq_len, self.page_size)
        partial = last_loc + 1 + self._offsets[:begun]
        if num_new == 0:
            return partial
        new, self.free_pages = self.free_pages[:num_new], self.free_pages[num_new:]
        whole = location(new[:, None], self._offsets, self.page_size).flatten()
        return torch.cat((partial, whole[: seq_len - prefix_len - begun]))

    def free(self, locations: Tensor) -> None:
        """Take back every page that one of `locations` [num_tokens] lies in."""
        if locations.numel():
            freed = torch.unique(page_of(locations, self.page_size))
            self.free_pages = torch.cat((freed, self.free_pages))

    def check(self) -> None:
        """Raise AssertionError unless free pages are real, and each is free once."""
        pages = self.free_pages
        real = bool(((pages >= 1) & (pages <= self.num_pages)).all())
        assert real, f"a free page is one of 1 .. {self.num_pages}: {pages.tolist()}"
        assert torch.unique(pages).numel() == pages.numel(), (
            f"a page is free once: {pages.tolist()}"
        )
