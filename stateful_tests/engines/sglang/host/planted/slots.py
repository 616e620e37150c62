"""Planted in slots: what is saved when a turn ends, and what the next one gets."""

from __future__ import annotations

from typing import Any

from stateful_tests.engines.sglang.host.planted.parts import (
    layer_of,
    length,
    lengthen,
    owner,
    replaced,
    when_kept,
)


def loses_the_tail(scheduler: Any) -> None:
    """What a finished turn holds on its last page is dropped from the slot, and never freed."""
    size = scheduler.page_size

    def lost(slot: Any) -> None:
        allocated = length(slot, "kv_allocated_len")
        kept = max((allocated - 1) // size * size, length(slot, "cache_protected_len"))
        lengthen(slot, kept - allocated, "kv_allocated_len")
        lengthen(slot, min(0, kept - length(slot, "kv_committed_len")), "kv_committed_len")

    when_kept(scheduler, lost)


def keeps_one_token_too_many(scheduler: Any) -> None:
    """A slot counts one token more as computed than is."""
    when_kept(scheduler, lambda slot: lengthen(slot, 1))


def keeps_a_stale_length(scheduler: Any) -> None:
    """A slot counts as computed what was so after the turn before the last."""
    committed: dict[int, int] = {}

    def stale(slot: Any) -> None:
        row, now = owner(slot, "req_pool_idx").req_pool_idx, length(slot, "kv_committed_len")
        before = committed.get(row, now)
        committed[row] = now
        if before < now:
            lengthen(slot, before - now, "kv_committed_len")

    when_kept(scheduler, stale)


def saves_an_aborted_first_turn(scheduler: Any) -> None:
    """A first turn that is aborted while it runs leaves a slot, from which the next one goes on."""
    _saves_aborted(scheduler, first=True)


def saves_an_aborted_later_turn(scheduler: Any) -> None:
    """A later turn that is aborted while it runs leaves its lengths in the slot."""
    _saves_aborted(scheduler, first=False)


def _saves_aborted(scheduler: Any, first: bool) -> None:
    layer = layer_of(scheduler)
    keep = layer.try_cache_finished_req

    def planted(req: Any, *args: Any, **named: Any) -> Any:
        why, session = req.finished_reason, req.session
        aborted = type(why).__name__ == "FINISH_ABORT"
        if not aborted or session is None or first == bool(session.req_nodes):
            return keep(req, *args, **named)
        finish = {"finish_req": lambda _req: session.abort_req()}
        with replaced(req, finished_reason=True), replaced(session, **finish):
            return keep(req, *args, **named)

    layer.try_cache_finished_req = planted


def lends_another_sessions_slot(scheduler: Any) -> None:
    """A turn goes on from the slot of another conversation."""
    layer = layer_of(scheduler)
    find = layer.find_active_slot

    def planted(req: Any) -> Any:
        slot = find(req)
        others = [other for other in layer.slots.values() if other is not slot]
        return others[0] if slot and others else slot

    layer.find_active_slot = planted


def counts_a_lent_slot_twice(scheduler: Any) -> None:
    """While a turn runs its KV is counted twice, and the server reports a leak where none is."""
    layer = layer_of(scheduler)
    count = layer.session_held_tokens
    layer.session_held_tokens = lambda _active=None: count()
