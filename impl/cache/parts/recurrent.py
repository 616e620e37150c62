"""Recurrent layers: a state for each row, which sums up all its tokens and cannot go back.

The tree keeps copies: who begins alike goes on from a copy of the state at the end of what it
reads, since the next one needs that state as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from impl.cache.parts.part import Part
from impl.cache.radix_cache import Match, RadixCache
from impl.cache.radix_node import RadixNode
from impl.cache.record import KVRecord
from impl.cache.recurrent_pool import RecurrentPool


class RecurrentPart(Part):
    """A row's state is `record.recurrent`, one that the tree keeps is `node.recurrent`."""

    is_exact = True

    def __init__(self, pool: RecurrentPool, tree: RadixCache) -> None:
        """Hand out the states of `pool`."""
        self.pool = pool
        self.tree = tree

    @property
    def can_begin(self) -> bool:
        """A state is free."""
        return self.pool.num_free > 0

    def begin(self, record: KVRecord) -> None:
        """Begin with nothing, or with a copy of the state that goes with what the row reads."""
        record.recurrent = self.pool.alloc()
        if record.protected:
            self.copy_kept(record, record.recurrent)

    def copy_kept(self, record: KVRecord, slot: int) -> None:
        """Let the state in `slot` be the tree's at the end of what `record` reads there."""
        kept = record.last_node.recurrent if record.last_node else None
        assert kept is not None, f"the tree keeps no state at {record.protected}: {record}"
        self.pool.copy(kept, slot)

    def is_reusable(self, record: KVRecord, length: int) -> bool:
        """The state has not gone beyond."""
        return record.committed <= length

    def end(self, record: KVRecord) -> None:
        """Give the state back (PRs 23496, 26941)."""
        if record.recurrent is not None:
            self.pool.free(record.recurrent, record.batch)
            record.recurrent = None

    # -- the tree

    def usable_len(self, match: Match) -> int:
        """Nobody can go on but from where a state is kept."""
        node, inside, length = match
        if inside < len(node.key):
            assert node.parent is not None, "a root has no tokens to end inside of"
            node, length = node.parent, length - inside
        while node.parent is not None and node.recurrent is None:
            node, length = node.parent, length - len(node.key)
        return length

    def can_keep(self, node: RadixNode | None) -> bool:
        """A state is free for a copy, or none is needed: the tree has one there."""
        return self.can_begin or (node is not None and node.recurrent is not None)

    def keep(self, record: KVRecord) -> None:
        """Keep a copy of the row's state, unless one is kept there already."""
        node = record.last_node
        assert node, f"reads from the tree: {record}"
        assert record.recurrent is not None, f"has a recurrent state: {record}"
        if node.recurrent is None:
            node.recurrent = self.pool.alloc()
            self.pool.copy(record.recurrent, node.recurrent)

    def drop(self, node: RadixNode) -> None:
        """Give back the state that was kept there."""
        if node.recurrent is not None:
            self.pool.free(node.recurrent, node.batch)
            node.recurrent = None

    # -- check

    @property
    def kept(self) -> list[int]:
        """The states that the tree keeps."""
        return [node.recurrent for node in self.tree.nodes() if node.recurrent is not None]

    def check(self, records: Sequence[KVRecord]) -> None:
        """Raise AssertionError unless each state is free, a row's or the tree's."""
        self.pool.check([r.recurrent for r in records if r.recurrent is not None] + self.kept)
        for record in records:
            is_kept = record.last_node is not None and record.last_node.recurrent is not None
            assert is_kept == (record.protected > 0), (
                f"what a row reads from the tree ends where a state is kept: {record}"
            )
