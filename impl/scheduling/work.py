"""What one turn computes in a step."""

from __future__ import annotations

from typing import NamedTuple

from impl.moves import Move
from impl.sessions.turn import Turn


class Work(NamedTuple):
    """Positions [start, end) of a turn: a chunk of its prompt, or a token with its drafts."""

    turn: Turn
    start: int
    end: int
    num_drafts: int = 0
    decodes: bool = False

    @property
    def allocated(self) -> int:
        """How far the turn has locations already."""
        return self.turn.record.allocated if self.turn.record else 0

    @property
    def reserve(self) -> Move:
        """The move that gets it locations."""
        return Move("reserve", (self.turn.id, self.end))

    @property
    def move(self) -> Move:
        """The move that computes it."""
        if self.num_drafts:
            return Move("verify", (self.turn.id, self.num_drafts))
        if self.decodes:
            return Move("decode", (self.turn.id,))
        return Move("extend", (self.turn.id, self.end))
