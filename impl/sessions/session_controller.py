"""What clients may ask of sessions, and who is known. Answers: may this turn be created?"""

from __future__ import annotations

from collections.abc import Callable

from impl.model.sampling import GREEDY, Sampling
from impl.refused import Reason, Refused
from impl.sessions.idle import IdleSessions
from impl.sessions.session import Session
from impl.sessions.session_cache import SessionCache
from impl.sessions.turn import Turn
from impl.tokens import Tokens


class SessionController:
    """Sessions and turns by id. A turn that is over, and no session's last one, is forgotten."""

    def __init__(
        self, cache: SessionCache, clock: Callable[[], float], session_timeout: float
    ) -> None:
        """Start with no sessions; `clock` tells seconds."""
        self.cache = cache
        self.clock = clock
        self.session_timeout = session_timeout
        self.sessions: dict[int, Session] = {}
        self.turns: dict[int, Turn] = {}
        self.idle = IdleSessions()
        self.ending: dict[int, Session] = {}  # their close waited, and may be completed now

    # -- requests

    def open(self, session_id: int, namespace: int) -> None:
        """Begin a session. Raises Refused."""
        if session_id in self.sessions:
            raise Refused(Reason.ALREADY_OPEN)
        session = self.sessions[session_id] = Session(session_id, namespace, self.clock())
        self.idle.add(session)

    def submit(
        self,
        session_id: int,
        turn_id: int,
        tokens: Tokens,
        max_new_tokens: int,
        edit: Reason | None = None,
        sampling: Sampling = GREEDY,
    ) -> Turn:
        """Create a turn: the last finished turn's tokens and the new ones. Raises Refused.

        The history is read, never popped: whatever ends this turn, the next starts from req_nodes
        again (P1 of PR 22790). `edit` names what is asked for besides appending.
        """
        reason = self.refusal(session_id, turn_id, tokens, edit)
        if reason:
            raise Refused(reason)
        return self._admit(self.sessions[session_id], turn_id, tokens, max_new_tokens, sampling)

    def generate(
        self,
        session_id: int,
        turn_id: int,
        tokens: Tokens,
        max_new_tokens: int,
        namespace: int,
        sampling: Sampling = GREEDY,
    ) -> Turn:
        """Create a plain request: a session of its own that closes with its one turn. Raises."""
        if session_id in self.sessions:
            raise Refused(Reason.ALREADY_OPEN)
        if turn_id in self.turns:
            raise Refused(Reason.DUPLICATE_TURN)
        if not tokens:
            raise Refused(Reason.EMPTY_INPUT)
        self.open(session_id, namespace)
        self.sessions[session_id].closing = True
        return self._admit(self.sessions[session_id], turn_id, tokens, max_new_tokens, sampling)

    def _admit(
        self,
        session: Session,
        turn_id: int,
        tokens: Tokens,
        max_new_tokens: int,
        sampling: Sampling,
    ) -> Turn:
        if session.req_nodes is None:
            session.first_prompt_len = len(tokens)
        session.tokens += tokens
        turn = Turn(turn_id, session, session.tokens, max_new_tokens, sampling)
        session.in_flight = self.turns[turn_id] = turn
        session.last_activity = self.clock()
        self.idle.remove(session)
        return turn

    def refusal(
        self, session_id: int, turn_id: int, tokens: Tokens, edit: Reason | None
    ) -> Reason | None:
        """Return the first reason why a turn cannot be created, or None."""
        if turn_id in self.turns:
            return Reason.DUPLICATE_TURN
        session = self.sessions.get(session_id)
        if session is None:
            return Reason.UNKNOWN_SESSION
        if session.closing:
            return Reason.CLOSING
        if edit:
            return edit
        if not tokens:
            return Reason.EMPTY_INPUT
        return Reason.IN_FLIGHT if self.is_busy(session) else None

    def is_busy(self, session: Session) -> bool:
        """Tell whether a turn of the session is in flight: at most one is (P2 of PR 22790)."""
        return session.in_flight is not None

    def abort(self, turn_id: int) -> None:
        """Mark a live turn; the scheduler ends it. Raises Refused."""
        turn = self.turns.get(turn_id)
        if turn is None or not self.is_live(turn):
            raise Refused(Reason.UNKNOWN_TURN)
        turn.aborting = True

    def close(self, session_id: int) -> None:
        """End a session, at once or after its turn in flight. Raises Refused."""
        session = self.sessions.get(session_id)
        if session is None:
            raise Refused(Reason.UNKNOWN_SESSION)
        if session.in_flight:
            session.closing = True  # never under a running turn (PR 21875)
        else:
            self.end(session)

    def stay_silent(self, session_id: int) -> None:
        """Let the session's time-out pass, as if nobody had used it for so long. Raises Refused."""
        session = self.sessions.get(session_id)
        if session is None:
            raise Refused(Reason.UNKNOWN_SESSION)
        session.last_activity = self.clock() - self.session_timeout
        if session.in_flight is None:
            self.idle.add(session)

    # -- ends

    def is_stale(self, session: Session) -> bool:
        """Tell whether the time-out has passed; a turn in flight stops that clock."""
        latest = self.clock() - self.session_timeout
        return session.in_flight is None and session.last_activity <= latest

    def stale(self) -> list[Session]:
        """Return the sessions whose time-out has passed."""
        return self.idle.silent_since(self.clock() - self.session_timeout)

    def is_live(self, turn: Turn) -> bool:
        """Tell whether the turn is its session's turn in flight."""
        return turn.session is not None and turn.session.in_flight is turn

    def finish(self, session: Session, turn: Turn) -> None:
        """Make `turn` the session's last finished one and forget the one before (PR 22790)."""
        turn.finished_len = len(session.tokens)
        if session.req_nodes:
            self.forget(session.req_nodes)
        session.req_nodes = turn
        self._rest(session)

    def detach(self, session: Session, turn: Turn) -> None:
        """End a turn without output: slot and req_nodes do not notice."""
        session.forget_beyond_history()
        if session.req_nodes is None:
            session.first_prompt_len = 0
        self._rest(session)
        self.forget(turn)

    def _rest(self, session: Session) -> None:
        """No turn is in flight any more; who waited to close the session need not ask again."""
        session.in_flight = None
        session.last_activity = self.clock()
        self.idle.add(session)
        if session.closing:
            self.ending[session.id] = session

    def forget(self, turn: Turn) -> None:
        """Let the turn go; its id may be used again."""
        del self.turns[turn.id]
        turn.session = None

    def end(self, session: Session) -> None:
        """Close a session that has no turn in flight: it keeps nothing."""
        if session.slot:
            self.cache.release(session.slot)
            session.slot = None
        if session.req_nodes:
            self.forget(session.req_nodes)
            session.req_nodes = None
        del self.sessions[session.id]
        self.idle.remove(session)
        self.ending.pop(session.id, None)

    # -- check

    def check(self) -> None:
        """Raise AssertionError unless sessions and turns agree on who is whose."""
        known: set[int] = set()
        for session in self.sessions.values():
            flying, last = session.in_flight, session.req_nodes
            for turn in filter(None, (flying, last)):
                assert self.turns.get(turn.id) is turn, f"a session's turns are known: {session}"
                assert turn.session is session, f"a turn belongs to its session: {turn}, {session}"
                known.add(turn.id)
            assert last is None or last.record is None, f"a finished turn borrows nothing: {last}"
            borrow = all(turn.borrowed is session.tokens for turn in (flying, last) if turn)
            assert borrow, f"turns borrow the session's tokens: {session}"
            assert flying or len(session.tokens) == session.history_len, (
                f"only a turn in flight adds to the history: {session}"
            )
            assert flying is None or flying.prompt_len > session.history_len, (
                f"a turn extends the last finished one: {flying}, {session}"
            )
            if session.slot:
                assert last, f"only a finished turn leaves a slot behind: {session}"
                lent = flying and flying.record
                assert lent in (None, session.slot), f"a turn borrows its slot's record: {flying}"
        assert known == set(self.turns), (
            f"a known turn is in flight or its session's last: {[*known]}, {[*self.turns]}"
        )
