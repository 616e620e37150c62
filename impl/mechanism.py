"""The moves: each guard beside its effect. Which move comes next is not decided here.

A move in the wrong state is a mistake of whoever chose it: AssertionError, with the values. A move
that finds no room or no row answers False and changes nothing: exhaustion is an ordinary case.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from impl.batch import Chunk
from impl.config import EngineConfig
from impl.moves import Ended, Move, Why
from impl.record import KVRecord
from impl.runner import Runner
from impl.session import Session
from impl.session_cache import SessionCache
from impl.session_controller import SessionController
from impl.turn import Turn

COMPUTED = ("extend", "decode")
"""Moves of which many share one forward pass."""

MOVES = (
    *("start", "resume", "reserve", *COMPUTED, "finish", "retract"),
    *("pre_abort", "abort_waiting", "abort_first", "abort_nth", "end_close"),
)


class Mechanism:
    """Performs moves, one by one, and logs those that happened."""

    def __init__(
        self,
        config: EngineConfig,
        controller: SessionController,
        cache: SessionCache,
        runner: Runner,
    ) -> None:
        """Start with nothing waiting and nothing running."""
        self.config = config
        self.controller = controller
        self.cache = cache
        self.runner = runner
        self.waiting: deque[Turn] = deque()
        self.running: list[Turn] = []  # oldest admitted first
        self.moves: list[Move] = []
        self.ended: list[Ended] = []

    def apply(self, move: Move) -> bool:
        """Perform `move` and log it, or return False: no room or no row, and nothing changed."""
        assert move.name in MOVES, f"{move.name} is not a move; moves are {', '.join(MOVES)}"
        if move.name in COMPUTED:
            self.forward([move])
            return True
        happened: bool = getattr(self, move.name)(*move.args) is not False
        if happened:
            self.moves.append(move)
        return happened

    # -- a turn gets its row

    def start(self, turn_id: int) -> bool:
        """Give a fresh row to a turn whose session keeps no KV. False: no free row."""
        session, turn = self._runnable(turn_id)
        assert session.slot is None, f"a turn of a session with a slot resumes: {session}"
        record = self.cache.alloc()
        if record is None:
            return False
        turn.record = record
        self._admit(turn)
        return True

    def resume(self, turn_id: int) -> None:
        """Lend the slot's record to a turn, cut to the prefix it goes on from (PR 22862)."""
        session, turn = self._runnable(turn_id)
        self.cache.lend(session, turn)
        self._admit(turn)

    def _admit(self, turn: Turn) -> None:
        self.waiting.remove(turn)
        self.running.append(turn)

    # -- a turn runs

    def reserve(self, turn_id: int, length: int) -> bool:
        """Allocate locations up to `length` tokens. False: the pool lacks pages."""
        _, turn, record = self._running(turn_id)
        assert record.allocated < length <= len(turn.tokens), f"cannot reserve {length}: {turn}"
        return self.cache.reserve(record, length)

    def extend(self, turn_id: int, length: int) -> Chunk:
        """Prefill up to `length` tokens, all that is missing or a part: the chunk to compute."""
        _, turn, record = self._running(turn_id)
        assert not turn.aborting, f"cannot extend: {turn}"
        assert record.committed < length <= record.allocated, f"cannot extend to {length}: {turn}"
        return Chunk(turn, record.row, record.committed, length)

    def decode(self, turn_id: int) -> Chunk:
        """Compute the last output token's K and V, which yields the next: the chunk to compute."""
        _, turn, record = self._running(turn_id)
        length = len(turn.tokens)
        assert not turn.aborting, f"cannot decode: {turn}"
        assert turn.prompt_len < length < turn.limit, f"has nothing to decode: {turn}"
        assert record.committed == length - 1, f"is not ready to decode: {turn}"
        assert record.allocated >= length, f"has no location for its last token: {turn}"
        return Chunk(turn, record.row, record.committed, length)

    def forward(self, moves: Sequence[Move]) -> None:
        """Perform extends and decodes of different turns in one forward pass."""
        chunks: list[Chunk] = [getattr(self, move.name)(*move.args) for move in moves]
        for chunk, token in zip(chunks, self.runner.forward(chunks), strict=True):
            self.commit(chunk, token)
        self.moves.extend(moves)

    def commit(self, chunk: Chunk, token: int) -> None:
        """Count the chunk as final; the sampled token follows the last one that was known."""
        turn, length = chunk.turn, chunk.end
        assert turn.record, f"does not run: {turn}"
        turn.record.committed = length
        if length == len(turn.tokens) < turn.limit:
            turn.tokens.append(token)

    # -- a turn ends well, or goes back

    def finish(self, turn_id: int) -> None:
        """End a turn at its limit or, as a stop token would, before: its record is the slot's."""
        session, turn, _ = self._running(turn_id)
        assert not turn.aborting, f"cannot finish: {turn}"
        assert turn.is_complete, f"cannot finish: {turn}"
        self.running.remove(turn)
        self.cache.take_back(session, turn)
        self.controller.finish(session, turn)
        self.ended.append(Ended(turn.id, session.id, "finished", "", turn.output))

    def retract(self, turn_id: int) -> None:
        """Take a turn's memory back, and let it wait again, first in the queue; its output is kept.

        It stays in flight. Its slot keeps what the last finished turn left in it (PR 22862).
        """
        session, turn, record = self._running(turn_id)
        assert not turn.aborting, f"cannot retract: {turn}"
        self.running.remove(turn)
        self.waiting.appendleft(turn)
        turn.record = None
        if session.slot:
            self.cache.free_tail(record, min(record.committed, len(session.history)))
        else:
            self.cache.release(record)

    # -- a turn ends without an answer

    def pre_abort(self, turn_id: int, why: str) -> None:
        """Turn a waiting turn away; slot and req_nodes do not notice (P5 of PR 22790)."""
        session, turn = self._waiting(turn_id)
        assert not turn.aborting, f"its abort was asked for: {turn}"
        assert (why == Why.TOO_LONG) == self.is_too_long(turn), f"not because of {why}: {turn}"
        self._end_waiting(session, turn, Why(why))

    def abort_waiting(self, turn_id: int) -> None:
        """End a waiting turn by order; the slot keeps its KV."""
        session, turn = self._waiting(turn_id)
        assert turn.aborting, f"nobody asked for its abort: {turn}"
        self._end_waiting(session, turn, Why.ABORTED)

    def _end_waiting(self, session: Session, turn: Turn, why: Why) -> None:
        self.waiting.remove(turn)
        self._end_aborted(session, turn, why)

    def abort_first(self, turn_id: int) -> None:
        """End a running first turn by order: wipe the KV (P4 of PR 22790)."""
        session, turn, record = self._running(turn_id)
        assert turn.aborting, f"nobody asked for its abort: {turn}"
        assert session.slot is None, f"is not the first: {turn}, {session}"
        self._wipe(session, turn, record)

    def abort_nth(self, turn_id: int) -> None:
        """End a running nth turn by order: wipe the KV, keep the tokens (P3 of PR 22790)."""
        session, turn, record = self._running(turn_id)
        assert turn.aborting, f"nobody asked for its abort: {turn}"
        assert session.slot is record, f"does not run on its slot's record: {turn}, {session}"
        session.slot = None
        self._wipe(session, turn, record)

    def _wipe(self, session: Session, turn: Turn, record: KVRecord) -> None:
        self.running.remove(turn)
        turn.record = None
        self.cache.release(record)
        self._end_aborted(session, turn, Why.ABORTED)

    def _end_aborted(self, session: Session, turn: Turn, why: Why) -> None:
        self.controller.detach(session, turn)
        self.ended.append(Ended(turn.id, session.id, "aborted", why.value, ()))

    def end_close(self, session_id: int) -> None:
        """Complete a close that waited for a turn to end."""
        session = self.controller.sessions.get(session_id)
        assert session, f"session {session_id} is not open: {[*self.controller.sessions]}"
        assert session.closing, f"nobody asked for its close: {session}"
        assert session.in_flight is None, f"its close must wait: {session}"
        self.controller.end(session)

    # -- guards

    def is_too_long(self, turn: Turn) -> bool:
        """Tell whether the turn can never run: with what it asks for, it exceeds the context."""
        return turn.limit > self.config.context_len

    def _live(self, turn_id: int) -> tuple[Session, Turn]:
        turn = self.controller.turns.get(turn_id)
        assert turn, f"turn {turn_id} is not known: {[*self.controller.turns]}"
        assert turn.session, f"belongs to no session: {turn}"
        assert self.controller.is_live(turn), f"is over: {turn}"
        return turn.session, turn

    def _waiting(self, turn_id: int) -> tuple[Session, Turn]:
        session, turn = self._live(turn_id)
        assert turn.record is None, f"does not wait: {turn}"
        return session, turn

    def _runnable(self, turn_id: int) -> tuple[Session, Turn]:
        session, turn = self._waiting(turn_id)
        assert not turn.aborting, f"its abort was asked for: {turn}"
        assert not self.is_too_long(turn), f"can never run: {turn}"
        return session, turn

    def _running(self, turn_id: int) -> tuple[Session, Turn, KVRecord]:
        session, turn = self._live(turn_id)
        assert turn.record, f"does not run: {turn}"
        return session, turn, turn.record

    # -- check

    def check(self) -> None:
        """Raise AssertionError unless each live turn waits, or runs and has a record."""
        live = {turn for turn in self.controller.turns.values() if self.controller.is_live(turn)}
        queued = [*self.waiting, *self.running]
        ids = f"{[t.id for t in self.waiting]} wait, {[t.id for t in self.running]} run"
        assert set(queued) == live, f"live turns {[t.id for t in live]} wait or run, but {ids}"
        assert len(set(queued)) == len(queued), f"a turn waits or runs, and once, but {ids}"
        for turn in queued:
            record = turn.record
            assert (record is not None) == (turn in self.running), f"runs iff it has a row: {turn}"
            assert record is None or record.allocated <= len(turn.tokens), (
                f"reserved too much: {turn}"
            )
