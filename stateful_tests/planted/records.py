"""Planted in what becomes of KV records when turns begin, end or go back."""

from __future__ import annotations

from impl.cache.parts.window import WindowPart
from impl.cache.record import KVRecord
from impl.engine import Engine
from impl.sessions.session import Session
from impl.sessions.turn import Turn


def b1(engine: Engine) -> None:
    """Report the committed length as protected when a slot is lent, though a page is not full."""
    lend, size = engine.cache.lend, engine.config.page_size

    def planted(session: Session, turn: Turn) -> None:
        lend(session, turn)
        assert turn.record
        if turn.record.committed % size:
            turn.record.protected = turn.record.committed

    engine.cache.lend = planted  # type: ignore[method-assign]


def b2(engine: Engine) -> None:
    """Leave what was allocated for speculation in the slot between turns."""
    take_back = engine.cache.take_back

    def planted(session: Session, turn: Turn, length: int) -> None:
        if session.in_flight:  # a retract, not a finish
            take_back(session, turn, length)
            return
        session.slot, turn.record = turn.record, None
        assert session.slot
        session.slot.committed = session.slot.launched = min(session.slot.committed, length)

    engine.cache.take_back = planted  # type: ignore[method-assign]


def b10(engine: Engine) -> None:
    """Forget the tail of a retracted turn: its row entries are overwritten, its pages lost."""
    retract, free_tail = engine.mechanism.retract, engine.cache.free_tail

    def planted(turn_id: int) -> None:
        session = engine.turns[turn_id].session
        if session and session.slot:
            engine.cache.free_tail = _forget_tail  # type: ignore[method-assign]
        try:
            retract(turn_id)
        finally:
            engine.cache.free_tail = free_tail  # type: ignore[method-assign]

    engine.mechanism.retract = planted  # type: ignore[method-assign]


def b11(engine: Engine) -> None:
    """Take the token that is kept back for logits off the prefix a second time, and lose it."""
    lend = engine.cache.lend

    def planted(session: Session, turn: Turn) -> None:
        lend(session, turn)
        assert turn.record
        _forget_tail(turn.record, min(turn.record.committed, len(turn.tokens) - 2))

    engine.cache.lend = planted  # type: ignore[method-assign]


def _forget_tail(record: KVRecord, length: int) -> None:
    record.allocated = min(record.allocated, length)
    record.committed = record.launched = min(record.committed, length)


def b12(engine: Engine) -> None:
    """Keep the KV of tokens past the stop in the slot."""
    take_back = engine.cache.take_back

    def planted(session: Session, turn: Turn, length: int) -> None:
        assert turn.record
        overshot = length if session.in_flight else turn.record.committed  # a retract, a finish
        take_back(session, turn, max(length, overshot))

    engine.cache.take_back = planted  # type: ignore[method-assign]


def b13(engine: Engine) -> None:
    """Free a tail from the page it begins in, though that page holds committed tokens as well."""
    size = engine.config.page_size
    engine.cache.tail_start = lambda length: length // size * size  # type: ignore[method-assign]


def b16(engine: Engine) -> None:
    """Trim without a look at the window cursor, which may be beyond the new end."""
    for part in engine.cache.parts:
        if isinstance(part, WindowPart):
            part.is_reusable = lambda *_: True  # type: ignore[method-assign]
