"""A KV record: a row, and how much of it is in use. `rows` draws one."""

from __future__ import annotations

from dataclasses import dataclass

from impl.cache.radix_node import RadixNode


@dataclass(eq=False, slots=True)
class KVRecord:
    """One owner, borrowed by identity, never copied: a slot owns it, a running turn borrows it.

    The first turn's record has no slot yet; the turn owns it until it finishes.
    protected <= cursor <= committed <= launched <= allocated.
    """

    row: int
    protected: int = 0  # the tree's pages hold positions [0, protected): whole pages, only read
    cursor: int = 0  # no window reaches back before this position
    committed: int = 0  # KV is final for positions [0, committed)
    launched: int = 0  # KV is final, or being computed, for positions [0, launched)
    allocated: int = 0  # locations exist for positions [0, allocated)
    drafted: int = 0  # the draft model's KV is that of the tokens for positions [0, drafted)
    batch: int = 0  # the last one that was launched over it
    last_node: RadixNode | None = None  # where the protected prefix ends; None: nothing is locked
    recurrent: int | None = None  # the recurrent state, which stands at `launched`

    @property
    def is_unread(self) -> bool:
        """A batch over this row was launched, and its result is not read yet."""
        return self.committed < self.launched
