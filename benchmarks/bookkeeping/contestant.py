"""The same sessions and turns for every engine, driven through its own scheduler.

Only the functions that a stopwatch wraps are timed, never the scheduling around them.
"""

from __future__ import annotations

import gc
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from benchmarks.bookkeeping.point import FIRST, GROUP, Point
from benchmarks.bookkeeping.stopwatch import Stopwatch

TOKENS, LOWEST = 1000, 1000
"""How many token ids are used, from which on: no number is one of those that Python keeps once."""


def tokens(length: int) -> list[int]:
    """Return so many new tokens."""
    return [LOWEST + i % TOKENS for i in range(length)]


class Contestant(ABC):
    """An engine whose model says the same token always, and whose KV pool is not there."""

    def __init__(self) -> None:
        """Wrap what is timed."""
        self.stopwatch = Stopwatch()
        self.num_turns = 0  # asked for so far: their names
        self.next = 0  # the session whose turn comes next
        self.engine: Any = None

    # -- what an engine does

    @abstractmethod
    def make(self, point: Point) -> None:
        """Begin anew, with pools for this point."""

    @abstractmethod
    def open(self, session: int) -> None:
        """Open a session."""

    @abstractmethod
    def close(self, session: int) -> None:
        """Close a session that has no turn in flight."""

    @abstractmethod
    def submit(self, session: int, turn: int, tokens: list[int], max_new_tokens: int) -> None:
        """Hand a turn over."""

    @abstractmethod
    def run(self, num_turns: int) -> None:
        """Let the engine's own scheduler work until so many turns have all their output."""

    @abstractmethod
    def lengths(self) -> list[int]:
        """Return how many tokens each session's last turn has, by session."""

    @abstractmethod
    def pools(self) -> tuple[Any, Any]:
        """Return the pool of rows and the allocator of locations."""

    @abstractmethod
    def leave_tail(self, session: int, length: int) -> None:
        """Allocate so much more for an idle session, as speculative decoding does."""

    # -- the turns

    def prepare(self, point: Point) -> None:
        """Begin anew, and bring every session to its context."""
        self.reset(point)
        self.grow_all()

    def reset(self, point: Point) -> None:
        """Begin anew, without sessions; the engine before is gone first."""
        self.point, self.engine = point, None
        gc.collect()
        self.make(point)
        self.next = 0
        self.left: dict[int, int] = {}  # turns that a session takes before it is made anew

    def grow_all(self) -> None:
        """Bring every session to its context."""
        self.grow(range(self.point.sessions))

    def grow(self, sessions: Sequence[int]) -> None:
        """Open sessions and bring them to their context in two turns, the second of which is long.

        The first prompt is the session's own: it stays in the tree when the session is closed.
        """
        for first in range(0, len(sessions), GROUP):
            group = sessions[first : first + GROUP]
            for session in group:
                self.open(session)
            self._take({session: self._first(session) for session in group}, 1)
            rest = self.point.context - FIRST - 2
            self._take({session: tokens(rest) for session in group}, 1)
            self.left.update(dict.fromkeys(group, self.point.turns))

    def _first(self, session: int) -> list[int]:
        return [LOWEST + session % TOKENS, LOWEST + session // TOKENS, *tokens(FIRST - 2)]

    def turns(self) -> dict[str, float]:
        """Time one batch of turns, and return microseconds per turn by operation."""
        return self.timed(self.ready())

    def ready(self) -> list[int]:
        """Return the sessions whose turns come next; those that are too long are made anew."""
        point = self.point
        sessions = [(self.next + i) % point.sessions for i in range(point.together)]
        self.next = (self.next + point.together) % point.sessions
        grown = [session for session in sessions if not self.left[session]]
        for session in grown:
            self.close(session)
        self.grow(grown)
        for session in sessions:
            self.left[session] -= 1
        return sessions

    def timed(self, sessions: Sequence[int]) -> dict[str, float]:
        """Let sessions take a turn at once, and return microseconds per turn by operation.

        No garbage is collected meanwhile.
        """
        new = {session: tokens(self.point.new) for session in sessions}
        for session in sessions if self.point.tail else ():
            self.leave_tail(session, self.point.tail)
        gc.disable()
        self.stopwatch.clear()
        self._take(new, self.point.output)
        gc.enable()
        return self.stopwatch.taken(len(sessions))

    def _take(self, turns: dict[int, list[int]], max_new_tokens: int) -> None:
        for session, new in turns.items():
            self.num_turns += 1
            self.submit(session, self.num_turns, new, max_new_tokens)
        self.run(len(turns))
