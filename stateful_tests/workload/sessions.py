"""Which requests of a trace are turns of one session? Each: when, how much in, how much out."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path

from stateful_tests.workload.formats import Request, load_requests

NUM_SHARED_BLOCKS = 1
"""Leading blocks that say nothing: a system prompt. In the Mooncake trace every request begins with
the same first block, and no second block is shared by more requests than one long chain explains.
"""


@dataclass(frozen=True, slots=True)
class Turn:
    """One request of a session, as its client sees it."""

    arrival_ms: float
    new: int  # tokens that the client adds; at least 1
    output: int  # tokens that it got


Session = list[Turn]


def load_sessions(path: Path, most: int | None = 500) -> list[Session]:
    """Return the `most` sessions of a trace that start first, or all. Raises WorkloadError."""
    return reconstruct(load_requests(path))[:most]


def reconstruct(requests: list[Request]) -> list[Session]:
    """Chain requests, given in the order of arrival, to sessions, in the order of their starts.

    Where the format names parents, a request continues its parent. Otherwise it continues an
    earlier one when its blocks begin with all full blocks of that one, of which there must be more
    than the shared ones: the longest such, and of several the latest.

    A session only appends, so a request is continued once, by whoever comes first. Another request
    that goes on from it (a client that edits its last message, or asks for a second answer) starts
    a session of its own, with its whole input as new tokens; so does one whose parent is not there.
    """
    sessions: list[Session] = []
    open_ends: dict[Hashable, tuple[Session, int]] = {}  # what names a request -> chain, tokens
    for request in requests:
        parent = next((name for name in _parents(request) if name in open_ends), None)
        if parent is None:
            session, held = Session(), 0
            sessions.append(session)
        else:
            session, held = open_ends.pop(parent)
        new = max(1, request.input_len - held)
        session.append(Turn(request.arrival_ms, new, request.output_len))
        if (name := _name(request)) is not None:
            open_ends[name] = session, request.input_len + request.output_len
    return sessions


def _parents(request: Request) -> Iterator[Hashable]:
    """Generate the names of what the request may continue, best first."""
    if request.chat is None:
        yield from reversed(request.blocks[NUM_SHARED_BLOCKS:])
    elif request.chat.parent is not None:
        yield request.chat.parent


def _name(request: Request) -> Hashable:
    """Return what a later request knows this one by, or None: nobody can tell.

    A block's id stands for everything before it as well, so the last full block names them all.
    """
    if request.chat is not None:
        return request.chat.id
    return request.blocks[-1] if len(request.blocks) > NUM_SHARED_BLOCKS else None
