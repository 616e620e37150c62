"""req_to_token: the table position -> location. Answers: which location holds token i of a row?

A row, by position, with its pages (page_size 2, committed 3, allocated 5):

      position   0   1 | 2   3 | 4   . |
      location [14  15 | 4   5 |18   . ]     pages 7, 2 and 9; location = page * page_size + offset
                 committed ^                  [0, 3): K and V are final
                            allocated ^       [0, 5): locations exist
                  tail  [3, 5)                to be overwritten or freed; nobody reads it

The record's owner holds every page that [0, allocated) touches, and frees them. Freeing the tail
of this row starts at ceil_align(3) = 4: page 9 goes, page 2 stays, for it still holds a committed
token (PR 22862). Entries from `allocated` on are stale and name nothing.
"""

from __future__ import annotations

import torch
from torch import Tensor


class ReqToTokenPool:
    """Rows of locations, handed out by number."""

    def __init__(self, num_rows: int, context_len: int, device: str) -> None:
        """Start with all rows free."""
        self.num_rows = num_rows
        self.table = torch.zeros(num_rows, context_len, dtype=torch.int64, device=device)
        self.free_rows = list(range(num_rows))[::-1]

    @property
    def used_rows(self) -> set[int]:
        """Rows that are handed out."""
        return set(range(self.num_rows)) - set(self.free_rows)

    def alloc(self) -> int | None:
        """Hand out a row, or None: all are in use."""
        return self.free_rows.pop() if self.free_rows else None

    def free(self, row: int) -> None:
        """Take a row back."""
        self.free_rows.append(row)

    def locations(self, row: int, start: int, end: int) -> Tensor:
        """Return the locations [end - start] of positions [start, end) of `row`, as a view."""
        return self.table[row, start:end]

    def write(self, row: int, start: int, locations: Tensor) -> None:
        """Let `row` list `locations` [num_tokens] from position `start` on."""
        self.table[row, start : start + locations.numel()] = locations

    def check(self) -> None:
        """Raise AssertionError unless free rows are real, and each is free once."""
        free = self.free_rows
        assert set(free) <= set(range(self.num_rows)), f"of {self.num_rows} rows, free are {free}"
        assert len(set(free)) == len(free), f"a row is free once: {free}"
