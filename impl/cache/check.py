"""What must be true of all records together. Answers: is each row one record's, each lock one's?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from impl.cache.page_table import PageTable
from impl.cache.radix_cache import RadixCache
from impl.cache.record import KVRecord


def check_rows(records: Sequence[KVRecord], rows: PageTable) -> None:
    """Raise AssertionError unless each row in use is just one record's."""
    rows.check()
    held = sorted(record.row for record in records)
    assert held == sorted(rows.used_rows), (
        f"a row in use has exactly one record: records have {held}, in use are "
        f"{sorted(rows.used_rows)}"
    )


def check_lengths(record: KVRecord) -> None:
    """Raise AssertionError unless a record's lengths are in their order, and its prefix locked."""
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


def check_locks(records: Sequence[KVRecord], tree: RadixCache) -> None:
    """Raise AssertionError unless each lock in the tree is that of a record that reads there."""
    tree.check()
    holders = Counter(id(part) for r in records if r.last_node for part in r.last_node.path)
    for node in tree.nodes():
        assert node.lock_ref == holders[id(node)], (
            f"each lock is some record's: {node.key} has {node.lock_ref} locks, and "
            f"{holders[id(node)]} records read it"
        )
