"""The state of the machine: what there is. The rest of this folder says how it may change.

A row of `req_to_token`, by position, with its pages (page_size 2, allocated 5, committed 3):

      position   0   1 | 2   3 | 4   5 |
      page      [ p7   | p2    | p9    ]      pages(5) = 3 pages are held, the last one partly used
                 committed ^ : KV is final for positions [0, 3)
                                allocated ^ : locations exist for positions [0, 5)
      tail       [3, 5): allocated but not committed. To give it back frees pages from ceil(3 / 2):
                 p9 goes, and p2 stays since it still holds a committed token.

A session's turn in flight *borrows* the row its slot owns; the record is one, never copied.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, NamedTuple

from spec.language import NIL, Atom, Index, Len, Map, Words

Session = Annotated[int, Atom("Session", "x")]
Turn = Annotated[int, Atom("Turn", "t")]
Row = Annotated[int, Atom("Row", "r")]
Page = Annotated[int, Atom("Page", "p")]


class Held(NamedTuple):
    """The holder of a page: the given index of the given row."""

    row: Row
    at: Index


class State(Words):
    """Sessions, turns, rows and pages, as total maps. A map to identities may hold NIL: no one."""

    context_len: Len  # a constant: the most tokens that one turn may come to

    # a session
    opened: Map[Session, bool]
    closing: Map[Session, bool]  # its close waits for the turn in flight to end
    in_flight: Map[Session, Turn]  # the turn that has neither finished nor aborted
    req_nodes: Map[Session, Turn]  # the last turn that finished successfully, and nothing else
    slot: Map[Session, Row]  # the row that keeps the session's KV between turns

    # a turn; one that is over and is no session's last finished turn is forgotten
    session: Map[Turn, Session]  # NIL: nobody knows this turn
    prompt: Map[Turn, Len]  # its whole input: the last finished turn's tokens and the new ones
    tokens: Map[Turn, Len]  # prompt and output so far
    limit: Map[Turn, Len]  # prompt and the most output that was asked for
    aborting: Map[Turn, bool]  # the client has asked for its end
    row: Map[Turn, Row]  # NIL: waiting; otherwise running

    # a row: one KV record
    holder: Map[Row, Session]  # NIL: free
    committed: Map[Row, Len]  # KV is final for positions [0, committed)
    allocated: Map[Row, Len]  # locations exist for positions [0, allocated)
    table: Map[tuple[Row, Index], Page]  # the row's pages, in order

    # a page
    owner: Map[Page, Held]  # NIL: free


class Edit(StrEnum):
    """How a submitted turn asks to treat the history. A streaming session only appends."""

    APPEND = "append"
    REPLACE = "replace"
    DROP_PREVIOUS_OUTPUT = "drop_previous_output"
    OFFSET = "offset"


class Answer(StrEnum):
    """What a client is told about a request: accepted, or refused and why."""

    OK = "ok"
    ALREADY_OPEN = "already_open"
    UNKNOWN_SESSION = "unknown_session"
    CLOSING = "closing"
    DUPLICATE_TURN = "duplicate_turn"
    UNKNOWN_TURN = "unknown_turn"
    REPLACE = "replace"
    DROP_PREVIOUS_OUTPUT = "drop_previous_output"
    OFFSET = "offset"
    EMPTY_INPUT = "empty_input"
    IN_FLIGHT = "in_flight"


class Why(StrEnum):
    """Why the engine turns a waiting turn away: it can never run, or has no place now."""

    TOO_LONG = "too_long"
    QUEUE_FULL = "queue_full"
    NO_ROOM = "no_room"


def attached(s: State, t: Turn) -> bool:
    """Turn `t` belongs to a session: it is in flight, or the last that finished."""
    return s.session[t] != NIL


def live(s: State, t: Turn) -> bool:
    """Turn `t` is in flight: it has neither finished nor aborted."""
    return attached(s, t) and s.in_flight[s.session[t]] == t


def waiting(s: State, t: Turn) -> bool:
    """Turn `t` is in flight and has no row: new, or retracted."""
    return live(s, t) and s.row[t] == NIL


def running(s: State, t: Turn) -> bool:
    """Turn `t` is in flight and has a row."""
    return live(s, t) and s.row[t] != NIL


def has_slot(s: State, t: Turn) -> bool:
    """The session of turn `t` kept KV from earlier turns."""
    return s.slot[s.session[t]] != NIL


def history_len(s: State, x: Session) -> Len:
    """Tokens of the last finished turn of session `x`: where its next turn goes on."""
    return s.tokens[s.req_nodes[x]] if s.req_nodes[x] != NIL else 0
