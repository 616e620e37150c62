"""Planted in the recurrent states that the radix tree keeps beside its pages."""

from __future__ import annotations

from impl.engine import Engine
from impl.paging import floor_align, num_full_pages
from impl.record import KVRecord
from impl.session import Session
from impl.tokens import Tokens
from impl.turn import Turn


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
    drop_state = engine.tree.drop_state

    def planted(namespace: int, tokens: Tokens) -> int | None:
        drop_state(namespace, tokens)
        return None

    engine.tree.drop_state = planted  # type: ignore[method-assign]


def n4(engine: Engine) -> None:
    """Read all pages that match, even if the tree lacks the recurrent state at their end."""
    cache, copy_kept = engine.cache, engine.cache.copy_kept

    def planted_num(session: Session, turn: Turn) -> int:
        tokens = turn.tokens[: cache.usable_len(session, turn)]
        return num_full_pages(cache.tree.find(session.namespace, tokens).length, cache.page_size)

    def planted_copy(record: KVRecord, slot: int) -> None:
        if record.last_node and record.last_node.recurrent is not None:
            copy_kept(record, slot)

    cache.num_cached = planted_num  # type: ignore[method-assign]
    cache.copy_kept = planted_copy  # type: ignore[method-assign]


def n5(engine: Engine) -> None:
    """Publish once the whole prompt is computed, with the recurrent state that there is then."""
    page_size = engine.config.page_size

    def planted_is_publishable(turn: Turn) -> bool:
        record, session = turn.record, turn.session
        if not record or not session or record.is_unread:
            return False
        whole = floor_align(session.first_prompt_len, page_size)
        is_behind = record.cursor == record.protected < whole
        return is_behind and session.first_prompt_len <= record.committed

    def planted_publish(turn_id: int) -> bool:
        session, turn, record = engine.queues.at_rest(turn_id)
        whole = floor_align(session.first_prompt_len, page_size)
        return engine.cache.publish(session, record, turn.tokens[:whole])

    def planted_stop(turn: Turn, start: int, end: int) -> int:  # noqa: ARG001
        return end

    engine.scheduler.is_publishable = planted_is_publishable  # type: ignore[method-assign]
    engine.scheduler._stop_to_publish = planted_stop  # type: ignore[method-assign]
    engine.mechanism.publish = planted_publish  # type: ignore[method-assign]


def n6(engine: Engine) -> None:
    """Take a state slot for what is to be copied, and copy nothing."""
    if engine.memory.recurrents:
        engine.memory.recurrents.copy = _copy_nothing  # type: ignore[method-assign]


def _copy_nothing(source: int, slot: int) -> None:
    """Leave the slot as it is."""
