"""A KV record: a row and how much of it is in use. `rows` draws one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(eq=False, slots=True)
class KVRecord:
    """One owner, borrowed by identity, never copied: a slot owns it, a running turn borrows it.

    The first turn's record has no slot yet; the turn owns it until it finishes.
    """

    row: int
    committed: int = 0  # KV is final for positions [0, committed)
    allocated: int = 0  # locations exist for positions [0, allocated)
