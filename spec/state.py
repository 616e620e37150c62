"""The state of the machine: what there is. The rest of this folder says how it may change.

A row of `req_to_token`, by position, with its pages (page_size 2):

      position   0   1 | 2   3 | 4   5 | 6   7 | 8   9 |
      page      [ p7   | p2    | p9    | p4    | p5    ]
      protected    ^ 2 : p7 is the radix tree's; this row locks it and only reads it
      committed            5 ^ : KV is final for positions [0, 5)
      launched                 7 ^ : a batch whose result is unread computes [5, 7)
      allocated                      9 ^ : locations exist for positions [0, 9)

      tail       [5, 9): allocated but not committed. To give it back frees pages from ceil(5 / 2):
                 p4 and p5 go, and p9 stays since it still holds a committed token.
      cursor     4, say: the sliding-window KV of [2, 4) is gone; a window ends within [4, 5).

A session's turn in flight *borrows* the row its slot owns; the record is one, never copied. A plain
request is a session of one turn. The radix tree is a map from prefixes to pages: a node here is one
page, so that a split changes nothing.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, NamedTuple

from spec.language import NIL, Atom, Count, Fixed, Ghost, Index, Len, Map, Words

Session = Annotated[int, Atom("Session", "x")]
Turn = Annotated[int, Atom("Turn", "t")]
Row = Annotated[int, Atom("Row", "r")]
Page = Annotated[int, Atom("Page", "p")]
Recurrent = Annotated[int, Atom("Recurrent", "m")]  # a state slot of the recurrent (Mamba) layers
Namespace = Annotated[int, Atom("Namespace", "a")]  # an adapter, extra key and salt
Text = Annotated[int, Atom("Text", "w")]  # tokens without end, of which a prompt says the first
Prefix = Annotated[int, Atom("Prefix", "c")]  # the first whole pages of a text, in a namespace


class Held(NamedTuple):
    """The holder of a page: the given index of the given row."""

    row: Row
    at: Index


class State(Words):
    """Total maps over identities. A map to identities may hold NIL: no one."""

    # what an engine is given
    context_len: Len  # the most tokens that one turn may come to
    lookahead: Len  # locations beyond the known tokens: overlap takes 1, speculation its drafts
    queue_limit: Count  # the most turns that wait
    sliding: bool  # there are sliding-window layers,
    window: Len  # which look back so many tokens,
    window_pages: Count  # and whose KV pool has so many pages
    hybrid: bool  # there are recurrent layers

    # what texts say
    prefix: Fixed[tuple[Namespace, Text, Index], Prefix]  # pages 0 .. i of a text
    ancestor: Fixed[tuple[Prefix, Index], Prefix]  # pages 0 .. i of a prefix
    last: Fixed[Prefix, Index]  # the index of its last page
    namespace_of: Fixed[Prefix, Namespace]

    # a session
    opened: Map[Session, bool]
    closing: Map[Session, bool]  # its close waits for the turn in flight to end
    stale: Map[Session, bool]  # its time-out has passed since the end of its last turn
    namespace: Map[Session, Namespace]
    text: Map[Session, Text]  # what its first prompt says,
    text_len: Map[Session, Len]  # which has so many tokens
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
    protected: Map[Row, Len]  # the tree's pages hold positions [0, protected)
    committed: Map[Row, Len]  # KV is final for positions [0, committed)
    launched: Map[Row, Len]  # KV is final, or being computed, for positions [0, launched)
    allocated: Map[Row, Len]  # locations exist for positions [0, allocated)
    cursor: Map[Row, Len]  # no window reaches back before this position
    faithful: Ghost[Row, Len]  # KV is that of the session's tokens for positions [0, faithful)
    table: Map[tuple[Row, Index], Page]  # the row's pages, in order
    recurrent: Map[Row, Recurrent]  # its recurrent state, which stands at `committed`

    # the radix tree
    cached: Map[Prefix, Page]  # NIL: not in the tree
    kept: Map[Prefix, Recurrent]  # the recurrent state at its end, or NIL: it is not in the tree
    locks: Map[Prefix, Count]  # rows that read it

    # a page; free when no row and no node holds it
    owner: Map[Page, Held]  # the row that holds it, or NIL
    node: Map[Page, Prefix]  # the prefix whose last page it holds for the tree, or NIL
    windowed: Map[Page, bool]  # it has KV of the sliding-window layers, too

    # a recurrent state slot; free when no row and no node holds it
    user: Map[Recurrent, Row]  # the row that goes on from it, or NIL
    keeper: Map[Recurrent, Prefix]  # the prefix at whose end the tree keeps it, or NIL
    summed: Ghost[Recurrent, Len]  # it sums up the tokens at positions [0, summed)


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
    """Why the engine turns a waiting turn away."""

    TOO_LONG = "too_long"  # for one context
    QUEUE_FULL = "queue_full"
    NO_ROOM = "no_room"  # in the whole pool


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


def unread(s: State, r: Row) -> bool:
    """A batch over row `r` was launched, and its result is not read yet."""
    return s.committed[r] < s.launched[r]


def lent(s: State, x: Session) -> bool:
    """The turn in flight of session `x` is running, on the slot's row or on its own first one."""
    return s.in_flight[x] != NIL and s.row[s.in_flight[x]] != NIL


def has_slot(s: State, t: Turn) -> bool:
    """The session of turn `t` kept KV from earlier turns."""
    return s.slot[s.session[t]] != NIL


def history_len(s: State, x: Session) -> Len:
    """Tokens of the last finished turn of session `x`: where its next turn goes on."""
    return s.tokens[s.req_nodes[x]] if s.req_nodes[x] != NIL else 0


def is_free(s: State, p: Page) -> bool:
    """No row and no node holds page `p`."""
    return s.owner[p] == NIL and s.node[p] == NIL


def is_unused(s: State, m: Recurrent) -> bool:
    """No row and no node holds recurrent state `m`."""
    return s.user[m] == NIL and s.keeper[m] == NIL


def prompt_page(s: State, x: Session, i: Index) -> Prefix:
    """What pages 0 .. i of the first prompt of session `x` say, in its namespace."""
    return s.prefix[s.namespace[x], s.text[x], i]
