"""How KV records change hands, and the one way to give one back. Answers: who holds which pages?

A session's slot owns its record; a turn that runs borrows that same object. So there is nothing to
copy, nothing to save, and no flag that says whether a slot is lent (PRs 22790, 22213). What each
kind of layer keeps beside is the business of the parts, which are all asked alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from impl.cache.allocator import PagedAllocator
from impl.cache.check import check_lengths, check_locks, check_rows
from impl.cache.mirror import Pages
from impl.cache.page_table import PageTable
from impl.cache.parts.part import Part
from impl.cache.radix_cache import RadixCache
from impl.cache.record import KVRecord
from impl.paging import ceil_align, floor_align, num_full_pages, num_new_pages, num_pages
from impl.sessions.session import Session
from impl.sessions.turn import Turn
from impl.tokens import Tokens


class SessionCache:
    """Rows, pages, tree locks, and whatever the model's layers keep, of KV records."""

    def __init__(
        self,
        allocator: PagedAllocator,
        rows: PageTable,
        tree: RadixCache,
        parts: Sequence[Part],
    ) -> None:
        """Hold pages of `allocator`; `parts` are those of the model's layers."""
        self.allocator = allocator
        self.page_size = allocator.page_size
        self.rows = rows
        self.tree = tree
        self.parts = parts
        self.is_exact = any(part.is_exact for part in parts)

    # -- lend and take back

    @property
    def can_alloc(self) -> bool:
        """There is a free row, and what a new row needs of each part."""
        return self.rows.num_free > 0 and all(part.can_begin for part in self.parts)

    @property
    def lacks_part(self) -> bool:
        """There is a free row, and not what it needs of some part."""
        return self.rows.num_free > 0 and not self.can_alloc

    def alloc(self, session: Session, turn: Turn, hit: int) -> bool:
        """Give `turn` a record that reads `hit` pages of its prompt from the tree, locked.

        False: there is no free row, or not what it needs.
        """
        if not self.can_alloc:
            return False
        row = self.rows.alloc()
        assert row is not None, "can_alloc says that there is a row"
        record = turn.record = KVRecord(row)
        self._protect(record, session, turn.tokens[: hit * self.page_size])
        for part in self.parts:
            part.begin(record)
        record.committed = record.launched = record.allocated = record.protected
        return True

    def lend(self, session: Session, turn: Turn) -> None:
        """Let `turn` borrow the slot's record, cut to the prefix that it can go on from."""
        assert session.slot is not None, f"nothing to lend: {session}"
        self.free_tail(session.slot, self.prefix_len(session.slot, turn))
        turn.record = session.slot

    def take_back(self, session: Session, turn: Turn, length: int) -> None:
        """The turn runs no more: the slot keeps what its record holds of `length` tokens.

        Where a part has gone beyond, nobody could go on: all is released.
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
        """Tell whether a turn could go on from `length` tokens in all parts."""
        return all(part.is_reusable(record, length) for part in self.parts)

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
        """Return `count` new pages that all parts have room for, or None."""
        if not all(part.can_hold(count) for part in self.parts):
            return None
        pages = self.allocator.alloc(count)
        if pages is not None:
            for part in self.parts:
                part.hold(pages)
        return pages

    def free_tail(self, record: KVRecord, length: int) -> None:
        """Keep `length` tokens and free the whole pages behind them."""
        record.drafted = min(record.drafted, length)
        if length < record.allocated:
            assert not record.is_unread, f"a launched batch may still write there: {record}"
            assert record.protected <= length, f"the tree protects more than {length}: {record}"
            tail = self.rows.of(record.row, self.tail_start(length), record.allocated)
            self.free(tail, record.batch)
            record.allocated = length
            record.committed = record.launched = min(record.committed, length)

    def tail_start(self, length: int) -> int:
        """Return where freeing may start: a page with a token before `length` stays (PR 22862)."""
        return ceil_align(length, self.page_size)

    def slide(self, record: KVRecord, length: int) -> None:
        """No later token looks through a window at anything before `length`, a whole page's end."""
        pages = self.rows.of(record.row, record.cursor, length)
        for part in self.parts:
            part.slide(pages, record.batch)
        record.cursor = length

    def release(self, record: KVRecord) -> None:
        """Give back all that `record` holds, and its row: the one release path (PR 22790)."""
        self.free_tail(record, record.protected)
        self.unlock(record)
        for part in self.parts:
            part.end(record)
        self.rows.free(record.row, record.batch)

    def free(self, pages: Pages, after: int) -> None:
        """Give back `pages`, and what parts hold for them, which batches up to `after` may use."""
        for part in self.parts:
            part.free(pages, after)

    # -- the tree's pages

    def num_cached(self, session: Session, turn: Turn) -> int:
        """Return how many pages `turn` may read from the tree, and go on from in all parts."""
        tokens = turn.tokens[: self.usable_len(session, turn)]
        match = self.tree.find(session.namespace, tokens)
        length = min(part.usable_len(match) for part in self.parts)
        return num_full_pages(length, self.page_size)

    def usable_len(self, session: Session, turn: Turn) -> int:
        """Return how many tokens of whole pages `turn` would read from the tree if they were there.

        Tokens of the first prompt, and not the last token of all: logits need one.
        """
        return floor_align(min(session.first_prompt_len, len(turn.tokens) - 1), self.page_size)

    def shared_len(self, session: Session) -> int:
        """Return how many tokens go into the tree: those of the first prompt's whole pages."""
        return floor_align(session.first_prompt_len, self.page_size)

    def can_publish(self, session: Session, record: KVRecord) -> bool:
        """Tell whether the first prompt is computed, and has pages that the row reads not there.

        Where a part keeps one length only, it must stand at just the end of these pages.
        """
        length = self.shared_len(session)
        if not record.cursor == record.protected < length:
            return False
        if self.is_exact:
            return record.committed == length
        return session.first_prompt_len <= record.committed

    def has_room_for(self, session: Session, tokens: Tokens) -> bool:
        """Tell whether all parts could keep what goes into the tree with `tokens`."""
        node = self.tree.node_at(session.namespace, tokens)
        return all(part.can_keep(node) for part in self.parts)

    def publish(self, session: Session, record: KVRecord, tokens: Tokens) -> bool:
        """Put `tokens`, whole pages, into the tree, and read them from there, locked.

        Pages that the tree lacks change hands; of what it has already, the record's own copy goes.
        False: a part has no room for what goes with them, and nothing changed.
        """
        if not self.has_room_for(session, tokens):
            return False
        pages = self.rows.of(record.row, 0, len(tokens))
        present = self.tree.insert(session.namespace, tokens, pages)
        if record.protected < present:
            record.drafted = min(record.drafted, record.protected)  # others' pages take their place
            self.free(self.rows.of(record.row, record.protected, present), record.batch)
        self._protect(record, session, tokens)
        for part in self.parts:
            part.keep(record)
        return True

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
            self.tree.unlock(record.last_node, record.batch)
            record.last_node = None

    def evict(self, namespace: int, tokens: Tokens, num_pages: int) -> None:
        """Drop the last pages of a leaf of the tree, and free them and what parts keep there."""
        node, pages = self.tree.evict(namespace, tokens, num_pages)
        for part in self.parts:
            part.drop(node)
        self.free(pages, node.batch)

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

    def check(self, records: Sequence[KVRecord]) -> None:
        """Raise AssertionError unless each row and page is free, the tree's, or one record's."""
        check_rows(records, self.rows)
        check_locks(records, self.tree)
        for record in records:
            check_lengths(record)
        for part in self.parts:
            part.check(records)
