"""req_to_token, by page: which page holds token i of a row?

A row with its pages (page_size 2, protected 2, committed 5, launched 7, allocated 9):

      position   0   1 | 2   3 | 4   5 | 6   7 | 8   . |
      page         7   |   2   |   9   |   4   |   5   |   location = page * page_size + offset
          protected ^
                         committed ^
                                    launched ^
                                           allocated ^

      [0, 2)  the radix tree's: locked and only read    [5, 7)  an unread batch computes them
      [2, 5)  K and V are final, the record's own       [7, 9)  locations exist

The record's owner holds every page that [protected, allocated) touches, and frees them. Freeing
the tail [5, 9) starts at ceil_align(5) = 6: pages 4 and 5 go, page 9 stays, for it still holds a
committed token (PR 22862). Entries from `allocated` on are stale and name nothing. The window
layers' K and V of whole pages between `protected` and `cursor` are gone.
"""

from __future__ import annotations

from itertools import accumulate

import numpy as np
import torch
from torch import Tensor

from impl.cache.free_list import FreeList
from impl.cache.launches import Launches
from impl.cache.mirror import Pages
from impl.kernels.choice import Kernels
from impl.paging import location, num_pages, page_of


class PageTable:
    """Rows of pages, handed out by number; `max_len` tokens each."""

    def __init__(
        self,
        num_rows: int,
        max_len: int,
        page_size: int,
        device: str,
        kernels: Kernels,
        launches: Launches,
    ) -> None:
        """Start with all rows free."""
        self._kernels = kernels
        self.num_rows = num_rows
        self.page_size = page_size
        self.width = num_pages(max_len, page_size)
        self.host: Pages = np.zeros((num_rows, self.width), dtype=np.int32)
        self.device = torch.device(device)
        shared = torch.from_numpy(self.host)
        self._is_shared = self.device.type == "cpu" and not kernels.use_triton
        self._copy = shared if self._is_shared else shared.to(self.device, copy=True)
        self._written: list[tuple[int, int, int]] = []  # rows and ranges that the copy lacks
        self.free_list = FreeList.up_to(num_rows, launches)

    @property
    def num_free(self) -> int:
        """How many rows nobody holds."""
        return self.free_list.num_free

    @property
    def free_rows(self) -> list[int]:
        """Rows that nobody holds."""
        rows: list[int] = self.free_list.numbers.tolist()
        return rows

    @property
    def used_rows(self) -> set[int]:
        """Rows that are handed out."""
        return set(range(self.num_rows)) - set(self.free_rows)

    def alloc(self) -> int | None:
        """Hand out a row, or None: all are in use."""
        return self.free_list.take_one()

    def free(self, row: int, after: int = 0) -> None:
        """Take a row back; batch `after` is the last that may use it."""
        self.free_list.put_one(row, after)

    def pages(self, row: int, start: int, end: int) -> Pages:
        """Return the pages at [start, end) of `row`, counted in pages, as a view."""
        return self.host[row, start:end]

    def of(self, row: int, start: int, end: int) -> Pages:
        """Return the pages of positions [start, end) of `row`; `start` begins a page."""
        size = self.page_size
        return self.pages(row, page_of(start, size), num_pages(end, size))

    def write(self, row: int, start: int, pages: Pages) -> None:
        """Let `row` list `pages` from its page number `start` on."""
        end = start + len(pages)
        self.host[row, start:end] = pages
        if not self._is_shared:
            self._written.append((row, start, end))

    def on_device(self) -> Tensor:
        """Return the table [num_rows, width] as the device sees it, after all writes so far.

        One transfer for all of them. Where an entry was written twice both say what the host says
        now, so their order does not matter.
        """
        if self._written:
            parts = [self.host[row, start:end] for row, start, end in self._written]
            offsets = list(accumulate(map(len, parts), initial=0))
            rows, starts, _ = map(list, zip(*self._written, strict=True))
            lists = rows, starts, offsets, np.concatenate(parts)
            self._kernels.write_rows(
                self._copy, *(torch.as_tensor(each, device=self.device) for each in lists)
            )
            self._written.clear()
        return self._copy

    def locations(self, row: int, start: int, end: int) -> Tensor:
        """Return the locations [end - start] of positions [start, end) of `row`, on the host."""
        return locations_of(self.host[row], self.page_size)[start:end]

    def check(self) -> None:
        """Raise AssertionError unless free rows are real, and each is free once."""
        free = self.free_rows
        assert set(free) <= set(range(self.num_rows)), f"of {self.num_rows} rows, free are {free}"
        assert len(set(free)) == len(free), f"a row is free once: {free}"


def locations_of(pages: Pages, page_size: int) -> Tensor:
    """Return all locations of `pages`, one after the other, on the host."""
    return location(
        torch.from_numpy(pages).long()[:, None], torch.arange(page_size), page_size
    ).flatten()
