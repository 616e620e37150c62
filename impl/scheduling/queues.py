"""Which turns wait and which run. Answers: is this turn where a move needs it?

A move in the wrong state is a mistake of whoever chose it: AssertionError, with the values.
"""

from __future__ import annotations

from collections import deque
from itertools import takewhile

from impl.cache.record import KVRecord
from impl.config import EngineConfig
from impl.moves import Ended
from impl.sessions.session import Session
from impl.sessions.session_controller import SessionController
from impl.sessions.turn import Turn


class Queues:
    """Live turns, each in one of two queues, and the answers to those that ended."""

    def __init__(self, config: EngineConfig, controller: SessionController) -> None:
        """Start with nothing waiting and nothing running."""
        self.config = config
        self.controller = controller
        self.waiting: deque[Turn] = deque()
        self.running: list[Turn] = []  # oldest admitted first
        self.ended: list[Ended] = []

    # -- who goes first

    def enqueue(self, turn: Turn, priority: int) -> None:
        """Let a new turn wait behind those of its priority, and before those of lower ones."""
        turn.priority = priority
        turn.late = len(self.waiting) >= self.config.queue_limit
        place = len(self.waiting)
        while place and self.waiting[place - 1].priority < priority:
            place -= 1
        self.waiting.insert(place, turn)

    def put_back(self, turn: Turn) -> None:
        """Let a turn that ran wait again, before the others of its priority."""
        self.running.remove(turn)
        more_urgent = takewhile(lambda other: other.priority > turn.priority, self.waiting)
        self.waiting.insert(sum(1 for _ in more_urgent), turn)

    # -- what can never run

    def is_too_long(self, turn: Turn) -> bool:
        """Tell whether the turn, with what it asks for, exceeds the context."""
        return turn.limit > self.config.context_len

    def is_too_large(self, turn: Turn) -> bool:
        """Tell whether the turn does not fit the pool even alone."""
        return turn.limit > self.config.num_pages * self.config.page_size

    # -- guards

    def live(self, turn_id: int) -> tuple[Session, Turn]:
        """Return a turn in flight and its session."""
        turn = self.controller.turns.get(turn_id)
        assert turn, f"turn {turn_id} is not known: {[*self.controller.turns]}"
        assert turn.session, f"belongs to no session: {turn}"
        assert self.controller.is_live(turn), f"is over: {turn}"
        return turn.session, turn

    def is_waiting(self, turn_id: int) -> tuple[Session, Turn]:
        """Return a turn that has no record, and its session."""
        session, turn = self.live(turn_id)
        assert turn.record is None, f"does not wait: {turn}"
        return session, turn

    def runnable(self, turn_id: int) -> tuple[Session, Turn]:
        """Return a turn that waits and may run, and its session."""
        session, turn = self.is_waiting(turn_id)
        assert not turn.aborting, f"its abort was asked for: {turn}"
        assert not self.is_too_long(turn), f"can never run: {turn}"
        assert not self.is_too_large(turn), f"can never run: {turn}"
        return session, turn

    def is_running(self, turn_id: int) -> tuple[Session, Turn, KVRecord]:
        """Return a turn that runs, its session and its record."""
        session, turn = self.live(turn_id)
        assert turn.record, f"does not run: {turn}"
        return session, turn, turn.record

    def read(self, turn_id: int) -> tuple[Session, Turn, KVRecord]:
        """Return a turn that runs and whose every result is read, its session and its record."""
        session, turn, record = self.is_running(turn_id)
        assert not record.is_unread, f"a result is unread: {turn}"
        return session, turn, record

    def at_rest(self, turn_id: int) -> tuple[Session, Turn, KVRecord]:
        """Return such a turn if its abort was not asked for."""
        session, turn, record = self.read(turn_id)
        assert not turn.aborting, f"its abort was asked for: {turn}"
        return session, turn, record

    # -- check

    def check(self) -> None:
        """Raise AssertionError unless each live turn waits, or runs and has a record."""
        live = {turn for turn in self.controller.turns.values() if self.controller.is_live(turn)}
        queued = [*self.waiting, *self.running]
        ids = f"{[t.id for t in self.waiting]} wait, {[t.id for t in self.running]} run"
        assert set(queued) == live, f"live turns {[t.id for t in live]} wait or run, but {ids}"
        assert len(set(queued)) == len(queued), f"a turn waits or runs, and once, but {ids}"
        for turn in queued:
            self._check_turn(turn)

    def _check_turn(self, turn: Turn) -> None:
        record = turn.record
        assert (record is not None) == (turn in self.running), f"runs iff it has a row: {turn}"
        if record:
            most = min(len(turn.tokens), turn.limit) + self.config.lookahead
            assert record.allocated <= most, f"reserved too much: {turn}"
        ends = [result.end for result in turn.unread]
        assert bool(ends) == (record is not None and record.is_unread), f"unread {ends}: {turn}"
        assert not ends or (record is not None and ends[-1] == record.launched), f"{ends}: {turn}"
