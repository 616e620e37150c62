"""Planted in the life of turns and sessions: history, aborts, close."""

from __future__ import annotations

from impl.engine import Engine
from impl.model.sampling import GREEDY, Sampling
from impl.moves import Why
from impl.refused import Reason
from impl.sessions.session import Session
from impl.sessions.turn import Turn
from impl.tokens import Tokens


def b4(engine: Engine) -> None:
    """Let a turn that is turned away borrow the slot, and save its one-token stub into it."""
    pre_abort = engine.mechanism.pre_abort

    def planted(turn_id: int, why: str) -> None:
        session = engine.turns[turn_id].session
        if session and (slot := session.slot):
            slot.committed = slot.launched = slot.allocated = max(1, slot.protected)
        pre_abort(turn_id, why)

    engine.mechanism.pre_abort = planted  # type: ignore[method-assign]


def b5(engine: Engine) -> None:
    """Pop the history when a turn is created."""
    submit = engine.controller.submit

    def planted(
        session_id: int,
        turn_id: int,
        tokens: Tokens,
        max_new_tokens: int,
        edit: Reason | None = None,
        sampling: Sampling = GREEDY,
    ) -> Turn:
        turn = submit(session_id, turn_id, tokens, max_new_tokens, edit, sampling)
        session = engine.sessions[session_id]
        if session.req_nodes:
            engine.controller.forget(session.req_nodes)
            session.req_nodes = None
        return turn

    engine.controller.submit = planted  # type: ignore[method-assign]


def b6(engine: Engine) -> None:
    """Let a second turn in while one runs."""

    def planted(session: Session) -> bool:  # noqa: ARG001 - the method it stands for
        return False

    engine.controller.is_busy = planted  # type: ignore[method-assign]


def b7(engine: Engine) -> None:
    """Leave what an aborted later turn has written in the slot."""
    abort_nth = engine.mechanism.abort_nth

    def planted(turn_id: int) -> None:
        turn = engine.turns[turn_id]
        assert turn.session
        assert turn.record
        if turn.record.allocated <= turn.session.history_len:
            abort_nth(turn_id)
            return
        _end_without_release(engine, turn.session, turn)

    engine.mechanism.abort_nth = planted  # type: ignore[method-assign]


def b8(engine: Engine) -> None:
    """Make a slot of what an aborted first turn has written."""

    def planted(turn_id: int) -> None:
        turn = engine.turns[turn_id]
        assert turn.session
        turn.session.slot = turn.record
        _end_without_release(engine, turn.session, turn)

    engine.mechanism.abort_first = planted  # type: ignore[method-assign]


def _end_without_release(engine: Engine, session: Session, turn: Turn) -> None:
    engine.queues.running.remove(turn)
    turn.record = None
    why = turn.failure.why if turn.failure else Why.ABORTED
    engine.mechanism.end_aborted(session, turn, why)


def b9(engine: Engine) -> None:
    """Free row and KV at close, even under a running turn."""
    close = engine.controller.close

    def planted(session_id: int) -> None:
        close(session_id)
        session = engine.sessions.get(session_id)  # still there: a turn is in flight
        if session and session.slot and session.is_lent:
            engine.cache.release(session.slot)
            session.slot = None

    engine.controller.close = planted  # type: ignore[method-assign]


def b20(engine: Engine) -> None:
    """Keep every past turn attached to its session."""
    finish = engine.controller.finish

    def planted(session: Session, turn: Turn) -> None:
        session.req_nodes = None  # so that it is not forgotten
        finish(session, turn)

    engine.controller.finish = planted  # type: ignore[method-assign]
