"""Planted in batches and their results, in overlap, and in what clients are answered."""

from __future__ import annotations

from typing import Any

from stateful_tests.engines.sglang.host.planted.parts import (
    is_aborted,
    length,
    lengthen,
    when_created,
    when_ended,
)

FINISHES = ("check_finished", "update_finish_state")
"""A request's method that looks whether it is complete, by release."""

RELAYS = ("stash", "store_to_map")
"""What keeps a batch's tokens for the next one, which is launched before they are read."""


def mixes_up_results(scheduler: Any) -> None:
    """Two turns that are computed together get one another's tokens."""
    read = scheduler.process_batch_result

    def planted(batch: Any, result: Any, *args: Any, **named: Any) -> Any:
        if len(batch.reqs) > 1:
            result.next_token_ids = result.next_token_ids.flip(0)
        return read(batch, result, *args, **named)

    scheduler.process_batch_result = planted


def stops_one_token_late(scheduler: Any) -> None:
    """A turn says one token more than it was asked for."""

    def late(_session: Any, req: Any) -> None:
        name = next(name for name in FINISHES if hasattr(req, name))
        finish = getattr(req, name)

        def planted(*args: Any, **named: Any) -> None:
            if len(req.output_ids) != req.sampling_params.max_new_tokens or req.to_finish:
                finish(*args, **named)

        setattr(req, name, planted)

    when_created(scheduler, late)


def ignores_aborts(scheduler: Any) -> None:
    """An abort is taken, and nothing comes of it: the turn goes on to its end."""
    take = scheduler.process_input_requests

    def planted(requests: list[Any]) -> None:
        take([request for request in requests if type(request).__name__ != "AbortReq"])

    scheduler.process_input_requests = planted


def forgets_who_waits(scheduler: Any) -> None:
    """When a turn ends, the first one that waits is never heard of again."""

    def forgotten(_req: Any) -> None:
        del scheduler.waiting_queue[:1]

    when_ended(scheduler, forgotten)


def loses_an_aborted_chunk(scheduler: Any) -> None:
    """A turn that is aborted between two chunks of its prompt does not free its last page."""

    def lost(req: Any) -> None:
        if is_aborted(req) and length(req, "kv_allocated_len") < len(req.origin_input_ids):
            lengthen(req, -scheduler.page_size)

    when_ended(scheduler, lost)


def loses_what_is_in_the_air(scheduler: Any) -> None:
    """With overlap, a turn aborted while a batch is unread does not free what that was given."""

    def lost(req: Any) -> None:
        unread = any(req in batch.reqs for batch, _ in scheduler.result_queue)
        if unread and is_aborted(req):
            lengthen(req, -1)

    when_ended(scheduler, lost)


def computes_with_a_stale_token(scheduler: Any) -> None:
    """With overlap, a turn's third token is computed from the first instead of the second."""
    relay = scheduler.future_map
    name = next(name for name in RELAYS if hasattr(relay, name))
    keep, run, launched = getattr(relay, name), scheduler.run_batch, list[Any]()

    def running(batch: Any, *args: Any, **named: Any) -> Any:
        launched[:] = [batch]
        return run(batch, *args, **named)

    def planted(*args: Any, **named: Any) -> None:
        if not launched[0].forward_mode.is_decode():
            keep(*args, **named)

    scheduler.run_batch = running
    setattr(relay, name, planted)
