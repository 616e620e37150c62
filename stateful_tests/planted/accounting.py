"""Planted in the sums: who holds how much."""

from __future__ import annotations

from collections.abc import Iterable

from impl.engine import Engine
from impl.sessions.session import Session
from impl.sessions.turn import Turn


def b3(engine: Engine) -> None:
    """Count a lent slot as session-held, though its turn counts it as uncached."""
    cache = engine.cache

    def planted(sessions: Iterable[Session]) -> int:
        return sum(cache.private_size(session.slot) for session in sessions if session.slot)

    cache.session_held_size = planted  # type: ignore[method-assign]


def b18(engine: Engine) -> None:
    """Remember in a flag that a slot is lent, and clear it only when the turn finishes."""
    cache, active = engine.cache, set[Session]()
    lend, finish = cache.lend, engine.controller.finish

    def planted_lend(session: Session, turn: Turn) -> None:
        lend(session, turn)
        active.add(session)

    def planted_finish(session: Session, turn: Turn) -> None:
        finish(session, turn)
        active.discard(session)

    def planted_size(sessions: Iterable[Session]) -> int:
        idle = [session for session in sessions if session not in active and session.slot]
        return sum(cache.private_size(x.slot) for x in idle if x.slot and not x.is_lent)

    cache.lend = planted_lend  # type: ignore[method-assign]
    engine.controller.finish = planted_finish  # type: ignore[method-assign]
    cache.session_held_size = planted_size  # type: ignore[method-assign]
