"""The sliding-window layers' own pages and KV. Answers: where does a token's window KV lie?

A page of the KV pool has a page here as long as a window may reach it; `of_page` says which. What
left every window is given back here while the other layers keep theirs (cf. PR 22900).
"""

from __future__ import annotations

import torch
from torch import Tensor

from impl.config import EngineConfig
from impl.kv_pool import KVPool
from impl.paging import location, offset_of, page_of


class WindowPool:
    """K and V of the sliding-window layers; page 0 is the padding page, and means "none"."""

    def __init__(self, config: EngineConfig) -> None:
        """Start with every window page free."""
        self.num_pages = config.window_pages
        self.page_size = config.page_size
        self.free_pages = list(range(1, self.num_pages + 1))
        self.of_page = torch.zeros(config.num_pages + 1, dtype=torch.int64, device=config.device)
        self.kv = KVPool(config, num_layers=1, num_pages=self.num_pages)

    def alloc(self, pages: Tensor) -> None:
        """Give each of `pages` a window page; the caller has made sure that there are enough."""
        count = pages.numel()
        if count:
            taken, self.free_pages = self.free_pages[:count], self.free_pages[count:]
            self.of_page[pages] = torch.tensor(taken, device=pages.device)

    def free(self, pages: Tensor) -> None:
        """Take back the window pages of those of `pages` that have one."""
        held = self.of_page[pages]
        self.free_pages = [*held[held > 0].tolist(), *self.free_pages]
        self.of_page[pages] = 0

    def locations(self, locations: Tensor) -> Tensor:
        """Translate locations of the KV pool; what has no window KV is on the padding page."""
        pages, size = self.of_page[page_of(locations, self.page_size)], self.page_size
        return torch.where(pages > 0, location(pages, offset_of(locations, size), size), 0)

    def check(self) -> None:
        """Raise AssertionError unless each window page is free, or one page's, and only once."""
        used = self.of_page[self.of_page > 0].tolist()
        assert sorted([*used, *self.free_pages]) == list(range(1, self.num_pages + 1)), (
            f"every window page has exactly one holder: free {self.free_pages}, used {used}"
        )
