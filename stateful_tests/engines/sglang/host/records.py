"""Reads requests, slots and batches of any release into plain data."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

Told = dict[str, Any]


def lengths(holder: Any) -> Told:
    """Return the row and lengths of a request or of a slot."""
    return {
        "row": _kept(holder, "req_pool_idx"),
        "protected": _kept(holder, "cache_protected_len"),
        "committed": _kept(holder, "kv_committed_len"),
        "allocated": _kept(holder, "kv_allocated_len"),
    }


def _kept(holder: Any, name: str) -> Any:
    """Return what the holder keeps itself, or in its record: in 0.5.18 the last, later all four.

    0.5.18 has no record where nothing is allocated.
    """
    if hasattr(holder, name):
        return getattr(holder, name)
    return getattr(holder.kv, name) if holder.kv else 0


def named(req: Any) -> Told:
    """Return a request's name and lengths."""
    return {"rid": req.rid, **lengths(req)}


def reason(req: Any) -> Any:
    """Return why a request is over, as a client would be told; None while it is not."""
    return req.finished_reason.to_json() if req.finished_reason else None


def turned_away(req: Any) -> bool:
    """Say whether a request was refused, or found impossible, before it ran.

    The release then lets it run as a stub of one token: `Req.set_finish_with_abort`.
    """
    why = req.finished_reason or req.to_finish
    return getattr(why, "status_code", None) == HTTPStatus.BAD_REQUEST


def request(req: Any, status: str) -> Told:
    """Return all that is observed of a request; 0.5.10.post1 knows no turn in flight."""
    return {
        **named(req),
        "status": status,
        "session": req.session.session_id if req.session else None,
        "session_in_flight": getattr(req.session, "_inflight", None),
        "turned_away": turned_away(req),
        "input": list(req.origin_input_ids),
        "output": list(req.output_ids),
        "max_new_tokens": req.sampling_params.max_new_tokens,
        "finished": reason(req),
    }
