"""What is observed of an engine between two actions, as plain data.

Rows, pages and recurrent states have the engine's own numbers, from 0. None stands for what an
engine does not show: there the spec's word is taken, and nothing is compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class SeenSession:
    """An open session, plain requests included."""

    id: int
    namespace: int
    in_flight: int | None  # the turn that has neither finished nor aborted
    req_nodes: int | None  # the last turn that finished successfully
    slot: int | None  # the row that keeps KV between turns
    closing: bool | None = None
    stale: bool | None = None
    text_len: int | None = None  # tokens of the first prompt
    shows_turns: bool = True  # whether in_flight and req_nodes are to be compared


@dataclass(slots=True)
class SeenTurn:
    """A turn that is in flight, or its session's last one."""

    id: int
    session: int | None
    prompt_len: int
    tokens: Sequence[int]  # prompt and output so far
    limit: int  # prompt and the most output
    aborting: bool | None
    row: int | None  # None while it waits


@dataclass(slots=True)
class SeenRow:
    """A row in use: its lengths in tokens, and the page at each index."""

    row: int
    session: int
    pages: Sequence[int]
    protected: int
    committed: int
    launched: int
    allocated: int
    cursor: int | None = None
    recurrent: int | None = None


@dataclass(slots=True)
class SeenNode:
    """One page of the radix tree."""

    namespace: int
    parent: int | None  # the place in the list of nodes of the page before it
    tokens: Sequence[int]  # of this page
    page: int
    locks: int
    recurrent: int | None = None  # the recurrent state at its end


@dataclass(slots=True)
class Observation:
    """The whole state. What is `aside` is in use for what the spec does not speak of."""

    sessions: list[SeenSession] = field(default_factory=list)
    turns: list[SeenTurn] = field(default_factory=list)
    rows: list[SeenRow] = field(default_factory=list)
    nodes: list[SeenNode] = field(default_factory=list)
    free_pages: Sequence[int] = ()
    free_rows: Sequence[int] = ()
    free_recurrents: Sequence[int] = ()
    windowed: Sequence[int] = ()  # pages with KV of sliding-window layers
    aside_pages: Sequence[int] = ()
    aside_rows: Sequence[int] = ()
    sizes: dict[str, int] | None = None  # the engine's accounting, in tokens
