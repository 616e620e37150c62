"""How KV records change hands, and the one way to give one back. Answers: who holds which pages?

A session's slot owns its record; a turn that runs borrows that same object. So there is nothing to
copy, nothing to save, and no flag that says whether a slot is lent (PRs 22790, 22213).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from impl.allocator import PagedAllocator
from impl.memory import Memory
from impl.mirror import Pages
from impl.page_table import PageTable
from impl.paging import (
    ceil_align,
    floor_align,
    num_full_pages,
    num_new_pages,
    num_pages,
    page_of,
    window_start,
)
from impl.radix_cache import RadixCache
from impl.record import KVRecord
from impl.session import Session
from impl.tokens import Tokens
from impl.turn import Turn


class SessionCache:
    """Rows, pages, tree locks, window pages and recurrent states of KV records."""

    def __init__(
        self,
        allocator: PagedAllocator,
        rows: PageTable,
        tree: RadixCache,
        memory: Memory,
    ) -> None:
        """Work on these pools; a model without such layers has no window or recurrent pool."""
        self.allocator = allocator
        self.page_size = allocator.page_size
        self.rows = rows
        self.tree = tree
        self.window = memory.window
        self.recurrents = memory.recurrents
        self.window_len = memory.window_len  # tokens that sliding-window layers look back

    # -- lend and take back

    @property
    def can_alloc(self) -> bool:
        """There is a free row, and a recurrent state if the model has such layers."""
        return bool(self.rows.free_rows) and (
            self.recurrents is None or bool(self.recurrents.free_slots)
        )

    @property
    def lacks_state(self) -> bool:
        """There is a free row, and no recurrent state for it."""
        return bool(self.rows.free_rows) and not self.can_alloc

    def alloc(self, session: Session, turn: Turn, hit: int) -> bool:
        """Give `turn` a record that reads `hit` pages of its prompt from the tree, locked.

        False: there is no free row or recurrent state.
        """
        if not self.can_alloc:
            return False
        row = self.rows.alloc()
        assert row is not None, "can_alloc says that there is a row"
        record = turn.record = KVRecord(row)
        self._protect(record, session, turn.tokens[: hit * self.page_size])
        if self.recurrents:
            record.recurrent = self.recurrents.alloc()
            self.copy_kept(record, record.recurrent)
        record.committed = record.launched = record.allocated = record.protected
        return True

    def copy_kept(self, record: KVRecord, slot: int) -> None:
        """Begin in state `slot` with a copy of the one that goes with what `record` reads.

        It is copied, since the next who begins alike needs it as it is.
        """
        assert self.recurrents, "a model without recurrent layers has no states"
        assert record.last_node, f"reads from the tree, if only a root: {record}"
        if record.protected:
            kept = record.last_node.recurrent
            assert kept is not None, f"the tree keeps no state at {record.protected}: {record}"
            self.recurrents.copy(kept, slot)

    def lend(self, session: Session, turn: Turn) -> None:
        """Let `turn` borrow the slot's record, cut to the prefix that it can go on from."""
        assert session.slot is not None, f"nothing to lend: {session}"
        self.free_tail(session.slot, self.prefix_len(session.slot, turn))
        turn.record = session.slot

    def take_back(self, session: Session, turn: Turn, length: int) -> None:
        """The turn runs no more: the slot keeps what its record holds of `length` tokens.

        Where a window or a recurrent state has gone beyond, nobody could go on: all is released.
        """
        record, turn.record = turn.record, None
        assert record is not None, f"nothing to take back: {turn}"
        if self.is_reusable(record, length):
            self.free_tail(record, length)
            session.slot = record
        else:
            session.slot = None
            self.release(record)

    def prefix_len(self, record: KVRecord, turn: Turn) -> int:
        """Return how many tokens need not be computed again.

        One token is kept back, once, so that there are logits (PR 22862).
        """
        return min(record.committed, len(turn.tokens) - 1)

    def is_reusable(self, record: KVRecord, length: int) -> bool:
        """Tell whether a turn could go on from `length` tokens: window and state are there."""
        untouched = record.cursor == record.protected
        has_window = untouched or record.cursor <= window_start(length, self.window_len)
        return has_window and (record.recurrent is None or record.committed <= length)

    # -- pages of one record

    def num_new_pages(self, record: KVRecord | None, length: int) -> int:
        """Return how many free pages it takes to go to `length` tokens; below 0, some come free."""
        held = record.allocated if record else 0
        return num_new_pages(held, length, self.page_size)

    def reserve(self, record: KVRecord, length: int) -> bool:
        """Allocate locations up to `length` tokens: all of them, or none and return False."""
        return self.reserve_all([(record, length)])

    def reserve_all(self, wanted: Sequence[tuple[KVRecord, int]]) -> bool:
        """Allocate locations of many records up to a length each: all of them, or none at all.

        The pages that are begun go on; only whole pages are added to a row (PR 22862).
        """
        counts = [self.num_new_pages(record, length) for record, length in wanted]
        pages = self._alloc(sum(counts))
        if pages is None:
            return False
        start = 0
        for (record, length), count in zip(wanted, counts, strict=True):
            if count:
                begun = num_pages(record.allocated, self.page_size)
                self.rows.write(record.row, begun, pages[start : start + count])
                start += count
            record.allocated = length
        return True

    def _alloc(self, count: int) -> Pages | None:
        """Return `count` new pages, each with a window page if the model has a window, or None."""
        if self.window and count > self.window.allocator.num_free:
            return None
        pages = self.allocator.alloc(count)
        if self.window and pages is not None:
            self.window.alloc(pages)
        return pages

    def free_tail(self, record: KVRecord, length: int) -> None:
        """Keep `length` tokens and free the whole pages behind them."""
        record.drafted = min(record.drafted, length)
        if length < record.allocated:
            assert not record.is_unread, f"a launched batch may still write there: {record}"
            assert record.protected <= length, f"the tree protects more than {length}: {record}"
            self.free(self._pages(record, self.tail_start(length), record.allocated))
            record.allocated = length
            record.committed = record.launched = min(record.committed, length)

    def tail_start(self, length: int) -> int:
        """Return where freeing may start: a page with a token before `length` stays (PR 22862)."""
        return ceil_align(length, self.page_size)

    def slide(self, record: KVRecord, length: int) -> None:
        """Free the window KV of whole pages before `length`."""
        assert self.window is not None, "only sliding-window layers have a window"
        self.window.free(self._pages(record, record.cursor, length))
        record.cursor = length

    def release(self, record: KVRecord) -> None:
        """Give back all that `record` holds, and its row: the one release path (PR 22790)."""
        self.free_tail(record, record.protected)
        self.unlock(record)
        self.free_recurrent(record)
        self.rows.free(record.row)

    def free_recurrent(self, record: KVRecord) -> None:
        """Give the recurrent state back, if there is one (PRs 23496, 26941)."""
        if self.recurrents and record.recurrent is not None:
            self.recurrents.free(record.recurrent)
            record.recurrent = None

    def free(self, pages: Pages) -> None:
        """Give back `pages`, and their window pages."""
        if self.window:
            self.window.free(pages)
        self.allocator.free(pages)

    def _pages(self, record: KVRecord, start: int, end: int) -> Pages:
        """Return the pages of positions [start, end), of which `start` begins a page."""
        size = self.page_size
        return self.rows.pages(record.row, page_of(start, size), num_pages(end, size))

    # -- the tree's pages

    def num_cached(self, session: Session, turn: Turn) -> int:
        """Return how many pages `turn` may read from the tree.

        With recurrent layers they end where the tree keeps a state: nobody could go on elsewhere.
        """
        tokens = turn.tokens[: self.usable_len(session, turn)]
        if self.recurrents:
            length = self.tree.kept_len(session.namespace, tokens)
        else:
            length = self.tree.find(session.namespace, tokens).length
        return num_full_pages(length, self.page_size)

    def usable_len(self, session: Session, turn: Turn) -> int:
        """Return how many tokens of whole pages `turn` would read from the tree if they were there.

        Tokens of the first prompt, and not the last token of all: logits need one.
        """
        return floor_align(min(session.first_prompt_len, len(turn.tokens) - 1), self.page_size)

    def publish(self, session: Session, record: KVRecord, tokens: Tokens) -> bool:
        """Put `tokens`, whole pages, into the tree, and read them from there, locked.

        Pages that the tree lacks change hands; of what it has already, the record's own copy goes.
        With recurrent layers the tree keeps a copy of the record's state, if it has none there.
        False: there is no room for that, and nothing changed.
        """
        if not self.can_keep_state(session, tokens):
            return False
        pages = self._pages(record, 0, len(tokens))
        present = self.tree.insert(session.namespace, tokens, pages)
        if record.protected < present:
            record.drafted = min(record.drafted, record.protected)  # others' pages take their place
            self.free(self._pages(record, record.protected, present))
        self._protect(record, session, tokens)
        if self.recurrents:
            self._keep_state(record)
        return True

    def can_keep_state(self, session: Session, tokens: Tokens) -> bool:
        """Tell whether there is a recurrent state for the end of `tokens`, or none is needed."""
        if self.recurrents is None or self.recurrents.free_slots:
            return True
        return self.tree.state_at(session.namespace, tokens) is not None

    def _keep_state(self, record: KVRecord) -> None:
        """Keep a copy of the record's state where what it reads from the tree ends."""
        node = record.last_node
        assert self.recurrents, "a model without recurrent layers has no states"
        assert node, f"reads from the tree: {record}"
        assert record.recurrent is not None, f"has a recurrent state: {record}"
        if node.recurrent is None:
            node.recurrent = self.recurrents.alloc()
            self.recurrents.copy(record.recurrent, node.recurrent)

    def _protect(self, record: KVRecord, session: Session, tokens: Tokens) -> None:
        """Let a record read `tokens` from the tree and lock them, instead of what it locked."""
        node, pages = self.tree.match(session.namespace, tokens)
        self.tree.lock(node)
        self.unlock(record)
        self.rows.write(record.row, 0, pages)
        record.last_node, record.protected, record.cursor = node, len(tokens), len(tokens)

    def unlock(self, record: KVRecord) -> None:
        """Give the lock of `record` back."""
        if record.last_node:
            self.tree.unlock(record.last_node)
            record.last_node = None

    def evict(self, namespace: int, tokens: Tokens, num_pages: int) -> None:
        """Drop the last pages of a leaf of the tree, and free them and its recurrent state."""
        if self.recurrents:
            state = self.tree.drop_state(namespace, tokens)
            if state is not None:
                self.recurrents.free(state)
        self.free(self.tree.evict(namespace, tokens, num_pages))

    # -- sizes

    def private_size(self, record: KVRecord) -> int:
        """Tokens of the pages that a record holds beyond its protected prefix."""
        return ceil_align(record.allocated, self.page_size) - record.protected

    def session_held_size(self, sessions: Iterable[Session]) -> int:
        """Tokens held by slots that no turn borrows (PRs 22213, 22753: derived, no flag)."""
        return sum(self.private_size(x.slot) for x in sessions if x.slot and not x.is_lent)

    def uncached_size(self, turns: Iterable[Turn]) -> int:
        """Tokens held by running turns."""
        return sum(self.private_size(turn.record) for turn in turns if turn.record)

    # -- check

    def check(self, records: list[KVRecord]) -> None:
        """Raise AssertionError unless each row and page is free, the tree's, or one record's."""
        self.allocator.check()
        self.rows.check()
        self.tree.check()
        if self.window:
            self.window.check()
        if self.recurrents:
            rows = [r.recurrent for r in records if r.recurrent is not None]
            self.recurrents.check(rows + self.tree.states)
        held = sorted(record.row for record in records)
        assert held == sorted(self.rows.used_rows), (
            f"a row in use has exactly one record: records have {held}, in use are "
            f"{sorted(self.rows.used_rows)}"
        )
        for record in records:
            self._check_record(record)
        self._check_locks(records)
        self._check_pages(records)

    def _check_record(self, record: KVRecord) -> None:
        assert (
            record.protected
            <= record.cursor
            <= record.committed
            <= record.launched
            <= record.allocated
            >= record.drafted
        ), f"protected <= cursor <= committed <= launched <= allocated: {record}"
        locked = record.last_node.tokens if record.last_node else []
        assert len(locked) == record.protected, f"the protected prefix is locked: {record}"
        has_state = record.last_node is not None and record.last_node.recurrent is not None
        assert record.recurrent is None or has_state == (record.protected > 0), (
            f"what a row reads from the tree ends where a state is kept: {record}"
        )

    def _check_locks(self, records: list[KVRecord]) -> None:
        holders = Counter(id(part) for r in records if r.last_node for part in r.last_node.path)
        for node in self.tree.nodes():
            assert node.lock_ref == holders[id(node)], (
                f"each lock is some record's: {node.key} has {node.lock_ref} locks, and "
                f"{holders[id(node)]} records read it"
            )

    def _check_pages(self, records: list[KVRecord]) -> None:
        free, cached, total = self.allocator.free_pages, self.tree.pages, self.allocator.num_pages
        private = [self._pages(record, record.protected, record.allocated) for record in records]
        held = np.concatenate([np.empty(0, dtype=np.int32), *private])
        holders = np.bincount(np.concatenate((held, cached, free)), minlength=total + 1)
        expected = np.minimum(np.arange(total + 1), 1)  # none for the padding page
        assert np.array_equal(holders, expected), (
            f"every page has exactly one holder: free {free.tolist()}, held {held.tolist()}, "
            f"cached {cached.tolist()}, of {total} pages"
        )
