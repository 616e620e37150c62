"""The moves: each guard beside its effect. Which move comes next is not decided here.

A move in the wrong state is a mistake of whoever chose it: AssertionError, with the values. A move
that finds no room or no row answers False and changes nothing: exhaustion is an ordinary case. One
that cannot be computed raises ForwardFailed and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from impl.cache.record import KVRecord
from impl.failure import Failure
from impl.moves import Ended, Move, Why
from impl.paging import offset_of, window_start
from impl.scheduling.launcher import Launcher
from impl.scheduling.queues import Queues
from impl.sessions.session import Session
from impl.sessions.session_cache import SessionCache
from impl.sessions.turn import Turn
from impl.tokens import Tokens

COMPUTED = ("extend", "decode")
"""Moves of which many share one forward pass."""

MOVES = (
    *("start", "resume", "reserve", *COMPUTED, "collect", "verify", "slide", "publish"),
    *("finish", "retract", "pre_abort", "abort_waiting", "abort_first", "abort_nth"),
    *("drop", "end_close", "time_out", "reclaim", "evict"),
)
TOLD_OTHERWISE = ("verify", "drop")
"""Moves of which the log says more than their name and arguments."""


class Mechanism:
    """Performs moves, one by one, and logs those that happened."""

    def __init__(
        self,
        queues: Queues,
        cache: SessionCache,
        launcher: Launcher,
        remember: Callable[[Sequence[Move]], None],
    ) -> None:
        """Work on these turns and records; `remember` is told of each move that happened."""
        self.queues = queues
        self.controller = queues.controller
        self.cache = cache
        self.launcher = launcher
        self.collect = launcher.collect
        self.moves: list[Move] = []
        self.remember = remember

    def apply(self, move: Move) -> bool:
        """Perform `move` and log it, or return False: no room or no row, and nothing changed."""
        assert move.name in MOVES, f"{move.name} is not a move; moves are {', '.join(MOVES)}"
        if move.name in COMPUTED:
            self.launch([move])
            return True
        happened: bool = getattr(self, move.name)(*move.args) is not False
        if happened and move.name not in TOLD_OTHERWISE:
            self._log([move])
        return happened

    def launch(self, moves: Sequence[Move]) -> None:
        """Perform extends and decodes of different turns in one forward pass."""
        self.launcher.launch(moves)
        self._log(moves)

    def verify(self, turn_id: int, num_drafts: int) -> None:
        """Decode speculatively; the log says how many drafts were right."""
        accepted = self.launcher.verify(turn_id, num_drafts)
        self._log([Move("verify", (turn_id, num_drafts, accepted))])

    def _log(self, moves: Sequence[Move]) -> None:
        self.moves.extend(moves)
        self.remember(moves)

    # -- a turn gets its row

    def start(self, turn_id: int, hit: int) -> bool:
        """Give a fresh row to a turn whose session keeps no KV; `hit` pages come from the tree.

        False: no free row, or no free recurrent state.
        """
        session, turn = self.queues.runnable(turn_id)
        assert session.slot is None, f"a turn of a session with a slot resumes: {session}"
        assert hit <= self.cache.num_cached(session, turn), f"{hit} pages are not cached: {turn}"
        if not self.cache.alloc(session, turn, hit):
            return False
        self._admit(turn)
        return True

    def resume(self, turn_id: int) -> None:
        """Lend the slot's record to a turn, cut to the prefix it goes on from (PR 22862)."""
        session, turn = self.queues.runnable(turn_id)
        self.cache.lend(session, turn)
        self._admit(turn)

    def _admit(self, turn: Turn) -> None:
        self.queues.waiting.remove(turn)
        self.queues.running.append(turn)

    # -- a turn runs

    def reserve(self, turn_id: int, length: int) -> bool:
        """Allocate locations up to `length` tokens. False: the pool lacks pages."""
        return self.cache.reserve(self._reservable(turn_id, length), length)

    def reserve_all(self, wanted: Sequence[tuple[int, int]]) -> bool:
        """Reserve for many turns up to a length each: all of it, or False and nothing changed."""
        records = [(self._reservable(turn, length), length) for turn, length in wanted]
        if not self.cache.reserve_all(records):
            return False
        self._log([Move("reserve", args) for args in wanted])
        return True

    def _reservable(self, turn_id: int, length: int) -> KVRecord:
        """Return the record of a running turn that may reserve so many tokens."""
        _, turn, record = self.queues.is_running(turn_id)
        most = min(len(turn.tokens), turn.limit) + self.queues.config.lookahead
        assert record.allocated < length <= most, f"cannot reserve {length}: {turn}"
        return record

    def slide(self, turn_id: int, length: int) -> None:
        """Free the window layers' KV of whole pages before `length`: no later token looks there."""
        _, turn, record = self.queues.is_running(turn_id)
        config = self.queues.config
        assert offset_of(length, config.page_size) == 0, f"slides by whole pages: {length}"
        start = window_start(record.committed, config.window)
        assert record.cursor < length <= start, f"cannot slide to {length}: {turn}"
        self.cache.slide(record, length)

    def publish(self, turn_id: int) -> bool:
        """Put the first prompt's whole pages into the radix tree, and lock them for the turn.

        False: there is no room for what goes with them.
        """
        session, turn, record = self.queues.at_rest(turn_id)
        assert self.cache.can_publish(session, record), f"has nothing to publish: {turn}"
        tokens = turn.tokens[: self.cache.shared_len(session)]
        return self.cache.publish(session, record, tokens)

    # -- a turn ends well, or goes back

    def finish(self, turn_id: int, length: int) -> None:
        """End a turn at `length` tokens: its record is the slot's, the KV beyond it is trimmed.

        Overlap and speculation go on past a stop; what they found there is forgotten (PR 22897).
        """
        session, turn, record = self.queues.at_rest(turn_id)
        known, lookahead = len(turn.tokens), self.queues.config.lookahead
        assert turn.prompt_len <= length <= turn.limit, f"cannot finish at {length}: {turn}"
        assert length <= known <= length + lookahead, f"cannot finish at {length}: {turn}"
        assert length <= record.committed + 1, f"KV is missing at {length}: {turn}"
        assert turn.prompt_len < length or turn.limit == length == record.committed, (
            f"has no output yet: {turn}"
        )
        del turn.tokens[length:]
        self.queues.running.remove(turn)
        self.controller.finish(session, turn)
        self.cache.take_back(session, turn, length)
        self.queues.ended.append(Ended(turn.id, session.id, "finished", "", turn.output))

    def retract(self, turn_id: int) -> None:
        """Take a turn's memory back, and let it wait again, first of its priority; keep its output.

        It stays in flight. Its slot keeps what the last finished turn left in it (PR 22862).
        """
        session, turn, record = self.queues.at_rest(turn_id)
        self.queues.put_back(turn)
        if session.slot:
            self.cache.take_back(session, turn, session.history_len)
        else:
            turn.record = None
            self.cache.release(record)

    def drop(self, turn_id: int) -> None:
        """Read no more results of a turn that ends; they are told as collected.

        What they name nobody asked for: it comes after a stop, or its turn is aborted. So a turn
        need not wait for the batch that was launched over it.
        """
        num_collects = self.launcher.drop(turn_id)
        self._log([Move("collect", (turn_id,))] * num_collects)

    # -- a turn ends without an answer

    def fail(self, turn_id: int, failure: Failure) -> None:
        """Ask for the end of a running turn that cannot be computed, as its client might."""
        _, turn, _ = self.queues.is_running(turn_id)
        turn.aborting, turn.failure = True, failure
        self._log([Move("fail", (turn_id, failure.why.value))])
        self.drop(turn_id)

    def pre_abort(self, turn_id: int, why: str) -> None:
        """Turn a waiting turn away; slot and req_nodes do not notice (P5 of PR 22790)."""
        session, turn = self.queues.is_waiting(turn_id)
        queues, num_waiting = self.queues, len(self.queues.waiting)
        assert not turn.aborting, f"its abort was asked for: {turn}"
        assert (why == Why.TOO_LONG) == queues.is_too_long(turn), f"not because of {why}: {turn}"
        assert why != Why.NO_ROOM or queues.is_too_large(turn), f"fits the pool: {turn}"
        assert why != Why.QUEUE_FULL or num_waiting > queues.config.queue_limit, (
            f"only {num_waiting} turns wait: {turn}"
        )
        self._end_waiting(session, turn, Why(why))

    def abort_waiting(self, turn_id: int) -> None:
        """End a waiting turn by order; the slot keeps its KV."""
        session, turn = self.queues.is_waiting(turn_id)
        assert turn.aborting, f"nobody asked for its abort: {turn}"
        self._end_waiting(session, turn, Why.ABORTED)

    def _end_waiting(self, session: Session, turn: Turn, why: Why) -> None:
        self.queues.waiting.remove(turn)
        self.end_aborted(session, turn, why)

    def abort_first(self, turn_id: int) -> None:
        """End a running turn without a slot by order: wipe the KV (P4 of PR 22790)."""
        session, turn, _ = self.queues.read(turn_id)
        assert turn.aborting, f"nobody asked for its abort: {turn}"
        assert session.slot is None, f"is not the first: {turn}, {session}"
        self._wipe(session, turn)

    def abort_nth(self, turn_id: int) -> None:
        """End a running nth turn by order: wipe the KV, keep the tokens (P3 of PR 22790)."""
        session, turn, record = self.queues.read(turn_id)
        assert turn.aborting, f"nobody asked for its abort: {turn}"
        assert session.slot is record, f"does not run on its slot's record: {turn}, {session}"
        session.slot = None
        self._wipe(session, turn)

    def _wipe(self, session: Session, turn: Turn) -> None:
        assert turn.record, f"does not run: {turn}"
        self.cache.release(turn.record)
        turn.record = None
        self.queues.running.remove(turn)
        self.end_aborted(session, turn, turn.failure.why if turn.failure else Why.ABORTED)

    def end_aborted(self, session: Session, turn: Turn, why: Why) -> None:
        """Detach a turn that holds nothing, and tell its client why."""
        self.controller.detach(session, turn)
        detail = turn.failure.detail if turn.failure else ""
        self.queues.ended.append(Ended(turn.id, session.id, "aborted", why.value, (), detail))

    # -- sessions end, and memory comes back

    def end_close(self, session_id: int) -> None:
        """Complete a close that waited for a turn to end."""
        session = self._session(session_id)
        assert session.closing, f"nobody asked for its close: {session}"
        assert session.in_flight is None, f"its close must wait: {session}"
        self.controller.end(session)

    def time_out(self, session_id: int) -> None:
        """Close a session that nobody has used for as long as its time-out."""
        session = self._session(session_id)
        assert self.controller.is_stale(session), f"its time-out has not passed: {session}"
        self.controller.end(session)

    def reclaim(self, session_id: int) -> None:
        """Wipe the KV of a slot that no turn borrows, keep the tokens."""
        session = self._session(session_id)
        assert session.slot, f"holds no KV: {session}"
        assert not session.is_lent, f"a turn borrows its slot: {session}"
        self.cache.release(session.slot)
        session.slot = None

    def evict(self, namespace: int, tokens: Tokens, num_pages: int = 1) -> None:
        """Drop the last pages of an unlocked leaf of the radix tree, which ends with `tokens`."""
        self.cache.evict(namespace, tokens, num_pages)

    def _session(self, session_id: int) -> Session:
        session = self.controller.sessions.get(session_id)
        assert session, f"session {session_id} is not open: {[*self.controller.sessions]}"
        return session
