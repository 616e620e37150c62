"""Planted in the recurrent states that the radix tree keeps beside its pages."""

from __future__ import annotations

from impl.cache.radix_cache import Match
from impl.cache.radix_node import RadixNode
from impl.cache.record import KVRecord
from impl.engine import Engine
from impl.sessions.session import Session
from impl.sessions.turn import Turn
from stateful_tests.planted.pools import recurrent_part


def n2(engine: Engine) -> None:
    """Go on in the tree's own recurrent state, not in a copy of it."""
    alloc, recurrents = engine.cache.alloc, engine.memory.recurrents

    def planted(session: Session, turn: Turn, hit: int) -> bool:
        started = alloc(session, turn, hit)
        record = turn.record
        if recurrents and record and record.protected and record.recurrent is not None:
            assert record.last_node
            recurrents.free(record.recurrent)
            record.recurrent = record.last_node.recurrent
        return started

    engine.cache.alloc = planted  # type: ignore[method-assign]


def n3(engine: Engine) -> None:
    """Drop a node, and forget to give its recurrent state back."""
    if recurrents := recurrent_part(engine):
        recurrents.drop = _forget  # type: ignore[method-assign]


def _forget(node: RadixNode) -> None:
    """Let a node keep no state, and give none back."""
    node.recurrent = None


def n4(engine: Engine) -> None:
    """Read all pages that match, even if the tree lacks the recurrent state at their end."""
    recurrents = recurrent_part(engine)
    if recurrents is None:
        return
    copy_kept = recurrents.copy_kept

    def planted_len(match: Match) -> int:
        return match.length

    def planted_copy(record: KVRecord, slot: int) -> None:
        if record.last_node and record.last_node.recurrent is not None:
            copy_kept(record, slot)

    recurrents.usable_len = planted_len  # type: ignore[method-assign]
    recurrents.copy_kept = planted_copy  # type: ignore[method-assign]


def n5(engine: Engine) -> None:
    """Publish once the whole prompt is computed, with the recurrent state that there is then."""

    def planted_can_publish(session: Session, record: KVRecord) -> bool:
        is_behind = record.cursor == record.protected < engine.cache.shared_len(session)
        return is_behind and session.first_prompt_len <= record.committed

    def planted_stop(turn: Turn, start: int, end: int) -> int:  # noqa: ARG001
        return end

    engine.cache.can_publish = planted_can_publish  # type: ignore[method-assign]
    engine.scheduler._stop_to_publish = planted_stop  # type: ignore[method-assign]


def n6(engine: Engine) -> None:
    """Take a state slot for what is to be copied, and copy nothing."""
    if engine.memory.recurrents:
        engine.memory.recurrents.copy = _copy_nothing  # type: ignore[method-assign]


def _copy_nothing(source: int, slot: int) -> None:
    """Leave the slot as it is."""
