"""The whole state of a hosted scheduler as plain data. It reads, it never repairs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stateful_tests.engines.sglang.host.records import lengths, request
from stateful_tests.engines.sglang.host.tree import slots_of

Told = dict[str, Any]


def observation(scheduler: Any) -> Told:
    """Return all that can be observed between two iterations."""
    requests = list(_requests(scheduler))
    return {
        "sessions": [_session(s) for s in scheduler.session_controller.sessions.values()],
        "slots": {id_: lengths(slot) for id_, slot in slots_of(scheduler).items()},
        "requests": [request(req, status) for req, status in requests],
        "rows": _rows(scheduler, [req for req, _ in requests]),
        "free_rows": list(scheduler.req_to_token_pool.free_slots),
        "free_pages": _free_pages(scheduler.token_to_kv_pool_allocator),
        "tree": list(scheduler.tree.nodes()),
        "session_held": scheduler.session_held(),
        "idle": idle(scheduler),
    }


def idle(scheduler: Any) -> bool:
    """Say whether nothing waits, runs or is unread."""
    batches = (scheduler.running_batch, scheduler.last_batch)
    return (
        not scheduler.waiting_queue
        and not scheduler.result_queue
        and scheduler.chunked_req is None
        and all(batch is None or batch.is_empty() for batch in batches)
    )


def _requests(scheduler: Any) -> Iterator[tuple[Any, str]]:
    """Yield each request once: those of batches first, then the ones that are over."""
    seen = set()
    chunked = [scheduler.chunked_req] if scheduler.chunked_req else []
    sources = [("chunked", chunked), ("waiting", scheduler.waiting_queue)]
    sources += [
        ("running", batch.reqs)
        for batch in (scheduler.running_batch, scheduler.last_batch)
        if batch is not None
    ]
    for session in scheduler.session_controller.sessions.values():
        sources.append(("last", [node.req for node in session.req_nodes.values()]))
    for status, reqs in sources:
        for req in reqs:
            if id(req) not in seen:
                seen.add(id(req))
                yield req, "over" if status == "running" and req.finished() else status


def _session(session: Any) -> Told:
    """Return what is known of a session; 0.5.10.post1 knows no turn in flight and no closing."""
    return {
        "id": session.session_id,
        "in_flight": getattr(session, "_inflight", None),
        "closing": getattr(session, "close_on_finish", None),
        "req_nodes": list(session.req_nodes),
    }


def _rows(scheduler: Any, requests: list[Any]) -> dict[str, Told]:
    """Return, of each row that someone holds, what it lists and what KV is there."""
    table = scheduler.req_to_token_pool.req_to_token
    values = scheduler.token_to_kv_pool_allocator.get_kvcache().values
    ends: dict[int, int] = {}
    for holder in [*slots_of(scheduler).values(), *requests]:
        held = lengths(holder)
        if (row := held["row"]) is not None:
            ends[row] = max(ends.get(row, 0), held["allocated"])
    rows = {}
    for row, end in ends.items():
        listed = table[row, :end].tolist()
        rows[str(row)] = {"locations": listed, "kv": [values[location] for location in listed]}
    return rows


def _free_pages(allocator: Any) -> list[int]:
    """Return the free pages; at page_size 1 a page is a location."""
    waiting = getattr(allocator, "release_pages", None)
    staged = getattr(allocator, "staged_pages", None) or ([] if waiting is None else [waiting])
    return [int(page) for pages in (allocator.free_pages, *staged) for page in pages.tolist()]
