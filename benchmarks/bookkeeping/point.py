"""One point: how many sessions of which context take which turns, on which pages."""

from __future__ import annotations

from dataclasses import dataclass

FIRST = 64
"""Tokens of a session's first prompt. It alone is put into the prefix tree."""

GROUP = 16
"""Sessions that are made at once."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """All lengths in tokens."""

    sessions: int
    together: int  # turns that are submitted, extended and decoded at once, as one batch
    page_size: int
    context: int  # of each session, when its measured turns begin
    new: int = 64  # tokens of a turn's prompt
    output: int = 16  # tokens that it says, of which all but the last get KV
    tail: int = 0  # locations beyond the KV of its session that a turn finds and frees
    free_kernels: bool = False  # of releases: what a GPU would do costs next to nothing

    @property
    def turn(self) -> int:
        """By how much a turn lengthens its session."""
        return self.new + self.output

    @property
    def batch(self) -> int:
        """The most sessions that are served at once, also while they grow."""
        return max(self.together, GROUP)

    @property
    def turns(self) -> int:
        """Turns that a session takes before it is made anew: it grows by an eighth at most.

        Or by one turn, and never by more than 32.
        """
        return max(1, min(32, self.context // 8 // self.turn))

    @property
    def most(self) -> int:
        """The longest that a session gets."""
        return self.context + self.turns * self.turn

    @property
    def num_pages(self) -> int:
        """Pages of the pool: what all sessions need at their longest, and few to spare.

        So whoever copies the list of free pages to free some has little to copy.
        """
        return self.sessions * (-(-(self.most + self.tail) // self.page_size) + 4) + FIRST

    @property
    def num_locations(self) -> int:
        """Locations that the sessions hold at their longest."""
        return self.sessions * self.most
