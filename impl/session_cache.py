"""How KV records change hands, and the one way to give one back. Answers: who holds which pages?

A session's slot owns its record; a turn that runs borrows that same object. So there is nothing to
copy, nothing to save, and no flag that says whether a slot is lent (PRs 22790, 22213).
"""

from __future__ import annotations

from collections.abc import Collection

import torch

from impl.allocator import PagedAllocator
from impl.record import KVRecord
from impl.rows import ReqToTokenPool
from impl.session import Session
from impl.turn import Turn


class SessionCache:
    """Rows and pages of KV records."""

    def __init__(self, allocator: PagedAllocator, rows: ReqToTokenPool) -> None:
        """Work on these pages and rows."""
        self.allocator = allocator
        self.rows = rows

    # -- lend and take back

    def alloc(self) -> KVRecord | None:
        """Return an empty record on a fresh row, or None: no free row."""
        row = self.rows.alloc()
        return None if row is None else KVRecord(row)

    def lend(self, session: Session, turn: Turn) -> None:
        """Let `turn` borrow the slot's record, cut to the prefix that it can go on from."""
        assert session.slot is not None, f"nothing to lend: {session}"
        self.free_tail(session.slot, self.prefix_len(session.slot, turn))
        turn.record = session.slot

    def take_back(self, session: Session, turn: Turn) -> None:
        """The turn is over: its record is the slot's. A tail stays until the next turn resumes."""
        session.slot, turn.record = turn.record, None

    def prefix_len(self, record: KVRecord, turn: Turn) -> int:
        """Return how many tokens need not be computed again.

        One token is kept back, once, so that there are logits (PR 22862).
        """
        return min(record.committed, len(turn.tokens) - 1)

    # -- pages of one record

    def num_new_pages(self, record: KVRecord | None, length: int) -> int:
        """Return how many free pages it takes to go to `length` tokens; below 0, some come free."""
        held = record.allocated if record else 0
        return self.allocator.pages(length) - self.allocator.pages(held)

    def reserve(self, record: KVRecord, length: int) -> bool:
        """Allocate locations up to `length` tokens: all of them, or none and return False."""
        row, start = record.row, record.allocated
        last_loc = self.rows.table[row, start - 1]
        locations = self.allocator.alloc_extend(start, length, last_loc)
        if locations is None:
            return False
        self.rows.write(row, start, locations)
        record.allocated = length
        return True

    def free_tail(self, record: KVRecord, length: int) -> None:
        """Keep `length` tokens and free the whole pages behind them."""
        if length < record.allocated:
            start = self.tail_start(length)
            self.allocator.free(self.rows.locations(record.row, start, record.allocated))
            record.allocated = length
            record.committed = min(record.committed, length)

    def tail_start(self, length: int) -> int:
        """Return where freeing may start: a page with a token before `length` stays (PR 22862)."""
        return self.allocator.ceil_align(length)

    def release(self, record: KVRecord) -> None:
        """Give back all pages of `record`, and its row: the one release path (PR 22790)."""
        self.free_tail(record, 0)
        self.rows.free(record.row)

    # -- check

    def check(self, records: Collection[KVRecord]) -> None:
        """Raise AssertionError unless each row and page is free, or held by one of `records`."""
        self.allocator.check()
        self.rows.check()
        held = sorted(record.row for record in records)
        assert held == sorted(self.rows.used_rows), (
            f"a row in use has exactly one record: records have {held}, in use are "
            f"{sorted(self.rows.used_rows)}"
        )
        for record in records:
            assert 0 <= record.committed <= record.allocated, f"committed <= allocated: {record}"
        self._check_pages(list(records))

    def _check_pages(self, records: list[KVRecord]) -> None:
        size, free = self.allocator.page_size, self.allocator.free_pages
        table = self.rows.table[[record.row for record in records]]
        position = torch.arange(table.shape[1], device=table.device)
        lens = torch.tensor([record.allocated for record in records], device=table.device)
        listed = position < lens[:, None]
        first = table[:, position // size * size]  # where the same page's first token lies
        in_page = (first % size == 0) & (table == first + position % size)
        assert bool((in_page | ~listed).all()), (
            f"locations on a page follow each other: {table.tolist()}, up to {lens.tolist()}"
        )
        held = table[:, ::size][listed[:, ::size]] // size
        holders = torch.bincount(torch.cat((held, free)), minlength=self.allocator.num_pages + 1)
        once = torch.ones(self.allocator.num_pages + 1, dtype=holders.dtype, device=table.device)
        once[0] = 0  # the padding page
        assert torch.equal(holders, once), (
            f"every page has exactly one holder: free {free.tolist()}, held {held.tolist()}, "
            f"of {self.allocator.num_pages} pages"
        )
        private = sum(self.allocator.ceil_align(record.allocated) for record in records)
        total = self.allocator.num_pages * size
        assert self.allocator.available_size + private == total, (
            f"available + held = total, in tokens: {self.allocator.available_size} + {private} "
            f"!= {total}"
        )
