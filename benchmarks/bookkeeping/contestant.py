"""The same sessions and turns for every engine, driven through its own scheduler.

Only the functions that a stopwatch wraps are timed, never the scheduling around them.
"""

from __future__ import annotations

import gc
from abc import ABC, abstractmethod
from typing import Any

from benchmarks.bookkeeping.point import FIRST, Point
from benchmarks.bookkeeping.stopwatch import Stopwatch

TOKENS = 60
"""Different token ids: each engine has the same, small numbers to keep."""


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

    # -- the turns

    def prepare(self, point: Point) -> None:
        """Begin anew, and bring every session to its context."""
        self.point, self.engine = point, None
        gc.collect()
        self.make(point)
        self.next = 0
        self.left = dict.fromkeys(range(point.sessions), point.turns)
        for session in self.left:
            self.grow(session)

    def grow(self, session: int) -> None:
        """Open a session and bring it to its context in two turns, the second of which is long.

        The first prompt is the session's own: it stays in the tree when the session is closed.
        """
        self.open(session)
        own = [session % TOKENS, session // TOKENS % TOKENS, *range(FIRST - 2)]
        self._turn([session], [1 + token % TOKENS for token in own], 1)
        rest = self.point.context - FIRST - 2
        self._turn([session], [1 + i % TOKENS for i in range(rest)], 1)
        self.left[session] = self.point.turns

    def turns(self) -> dict[str, float]:
        """Time one batch of turns, and return microseconds per turn by operation.

        Sessions take turns; one that has grown too long is made anew first. No garbage is collected
        while turns are timed.
        """
        point = self.point
        sessions = [(self.next + i) % point.sessions for i in range(point.together)]
        self.next = (self.next + point.together) % point.sessions
        for session in sessions:
            if not self.left[session]:
                self.close(session)
                self.grow(session)
            self.left[session] -= 1
        gc.disable()
        self.stopwatch.clear()
        self._turn(sessions, [1 + i % TOKENS for i in range(point.new)], point.output)
        gc.enable()
        return self.stopwatch.taken(len(sessions))

    def _turn(self, sessions: list[int], tokens: list[int], max_new_tokens: int) -> None:
        for session in sessions:
            self.num_turns += 1
            self.submit(session, self.num_turns, tokens, max_new_tokens)
        self.run(len(sessions))
