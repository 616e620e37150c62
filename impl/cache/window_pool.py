"""The sliding-window layers' own pages and KV. Answers: where does a token's window KV lie?

A page of the KV pool has a page here as long as a window may reach it; `of_page` says which. What
left every window is given back here while the other layers keep theirs (cf. PR 22900).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from impl.cache.allocator import PagedAllocator
from impl.cache.kv_pool import KVPool
from impl.cache.launches import Launches
from impl.cache.mirror import Mirror, Pages
from impl.config import EngineConfig
from impl.paging import location, offset_of, page_of


class WindowPool:
    """K and V of the sliding-window layers; page 0 is the padding page, and means "none"."""

    def __init__(self, config: EngineConfig, launches: Launches) -> None:
        """Start with every window page free."""
        self.page_size = config.page_size
        self.allocator = PagedAllocator(config.window_pages, config.page_size, launches)
        self.of_page = Mirror(config.num_pages + 1, config.device)
        self.kv = KVPool(config, num_layers=1, num_pages=config.window_pages)

    def alloc(self, pages: Pages) -> None:
        """Give each of `pages` a window page; the caller has made sure that there are enough."""
        taken = self.allocator.alloc(len(pages))
        assert taken is not None, f"{self.allocator.num_free} window pages are free for {pages}"
        self.of_page.write(pages, taken)

    def free(self, pages: Pages, after: int = 0) -> None:
        """Take back the window pages of those of `pages` that have one; see PagedAllocator."""
        held = self.of_page.host[pages]
        self.allocator.free(held[held > 0], after)
        self.of_page.write(pages, 0)

    def locations(self, locations: Tensor) -> Tensor:
        """Translate locations of the KV pool; what has no window KV is on the padding page."""
        size = self.page_size
        pages = self.of_page.on_device()[page_of(locations, size)].long()
        return torch.where(pages > 0, location(pages, offset_of(locations, size), size), 0)

    def check(self) -> None:
        """Raise AssertionError unless each window page is free, or one page's, and only once."""
        host, free = self.of_page.host, self.allocator.free_pages
        used = host[host > 0]
        every = np.arange(1, self.allocator.num_pages + 1)
        assert np.array_equal(np.sort(np.concatenate((used, free))), every), (
            f"every window page has exactly one holder: free {free.tolist()}, used {used.tolist()}"
        )
