"""Where a scheduler of any release has what is planted in, and how a method is replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


def layer_of(scheduler: Any) -> Any:
    """Return the session layer: the cache itself, or what a unified cache embeds."""
    cache = scheduler.tree_cache
    return vars(cache).get("session", cache)


def tree_cache_of(scheduler: Any) -> Any:
    """Return the cache below the session layer: what that wraps, or is embedded in."""
    layer = layer_of(scheduler)
    return vars(layer).get("inner") or layer.cache


def owner(holder: Any, name: str) -> Any:
    """Return what has an attribute of a request or slot: itself, or its record."""
    return holder if hasattr(holder, name) else holder.kv


def lengthen(holder: Any, by: int, *names: str) -> None:
    """Change lengths of a request or slot."""
    for name in names or ("kv_committed_len", "kv_allocated_len"):
        record = owner(holder, name)
        setattr(record, name, getattr(record, name) + by)


def length(holder: Any, name: str) -> int:
    """Return a length of a request or slot."""
    return int(getattr(owner(holder, name), name))


def own_locations(scheduler: Any, slot: Any) -> Any:
    """Return the locations that a slot lists behind its protected prefix."""
    row = owner(slot, "req_pool_idx").req_pool_idx
    table = scheduler.req_to_token_pool.req_to_token
    start, end = length(slot, "cache_protected_len"), length(slot, "kv_allocated_len")
    return table[row, start:end].clone()


@contextmanager
def replaced(owner_: Any, **planted: Any) -> Iterator[None]:
    """Replace attributes of one object for a while."""
    before = {name: vars(owner_).get(name) for name in planted}
    vars(owner_).update(planted)
    try:
        yield
    finally:
        for name, attribute in before.items():
            if attribute is None:
                del vars(owner_)[name]
            else:
                vars(owner_)[name] = attribute


def is_aborted(req: Any) -> bool:
    """Whether a request is over since its end was asked for."""
    return type(req.finished_reason).__name__ == "FINISH_ABORT"


def when_ended(scheduler: Any, then: Callable[[Any], None]) -> None:
    """Do something to each turn that leaves its row, before it does."""
    layer = layer_of(scheduler)
    keep = layer.try_cache_finished_req

    def planted(req: Any, *args: Any, **named: Any) -> bool:
        if req.session:
            then(req)
        return bool(keep(req, *args, **named))

    layer.try_cache_finished_req = planted


def when_kept(scheduler: Any, then: Callable[[Any], None]) -> None:
    """Do something to the slot in which a finished turn's KV is kept, each time."""
    layer = layer_of(scheduler)
    keep = layer.try_cache_finished_req

    def planted(req: Any, *args: Any, **named: Any) -> bool:
        session = req.session
        kept = bool(keep(req, *args, **named))
        if kept and req.finished() and session.session_id in layer.slots:
            then(layer.slots[session.session_id])
        return kept

    layer.try_cache_finished_req = planted


def when_opened(scheduler: Any, then: Callable[[Any], None]) -> None:
    """Do something to each session that is opened."""
    controller = scheduler.session_controller
    open_ = controller.open

    def planted(request: Any) -> Any:
        answer = open_(request)
        if answer.success:
            then(controller.sessions[request.session_id])
        return answer

    controller.open = planted


def when_created(scheduler: Any, then: Callable[[Any, Any], None]) -> None:
    """Do something to each session and turn when a turn is created."""

    def each(session: Any) -> None:
        create = session.create_req

        def planted(*args: Any, **named: Any) -> Any:
            req = create(*args, **named)
            then(session, req)
            return req

        session.create_req = planted

    when_opened(scheduler, each)
