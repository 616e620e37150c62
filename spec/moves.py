"""Moves: what the scheduler may do, and when. Which of them it takes is its policy, not ours."""

from __future__ import annotations

from spec.kv import detach, end_session, forget, free_tail, release
from spec.language import NIL, Len, ensure, move, require
from spec.state import (
    Held,
    Page,
    Row,
    Session,
    State,
    Turn,
    Why,
    has_slot,
    history_len,
    running,
    waiting,
)


def too_long(s: State, t: Turn) -> bool:
    """Turn `t` can never run: its prompt and what it asks for do not fit one context."""
    return s.context_len < s.limit[t]


def runnable(s: State, t: Turn) -> bool:
    """Turn `t` waits, and nothing stands against running it."""
    return waiting(s, t) and not s.aborting[t] and not too_long(s, t)


# -- a turn gets its row ---------------------------------------------------------------------------


@move
def start(s: State, t: Turn) -> None:
    """Give a row to a turn of a session that holds no KV: the first one, or after an abort."""
    require(runnable(s, t) and not has_slot(s, t))
    r = s.choose(Row, lambda r: s.holder[r] == NIL)
    s.holder[r], s.row[t] = s.session[t], r


@move
def resume(s: State, t: Turn) -> None:
    """Lend the slot's row to the turn, and free its tail (PR 22862).

    The prefix to reuse is what is committed, less one token where that is all: logits need one.
    """
    require(runnable(s, t) and has_slot(s, t))
    r = s.slot[s.session[t]]
    free_tail(s, r, min(s.committed[r], s.tokens[t] - 1))
    s.row[t] = r


# -- a turn runs -----------------------------------------------------------------------------------


@move
def reserve(s: State, t: Turn, upto: Len) -> None:
    """Allocate locations up to `upto` tokens, filling the partly used last page first."""
    require(running(s, t) and s.allocated[s.row[t]] < upto <= s.tokens[t])
    r = s.row[t]
    lo, hi = s.pages(s.allocated[r]), s.pages(upto)
    new = s.choose_each(lo, hi, Page, lambda p: s.owner[p] == NIL)
    for i in s.span(lo, hi):
        s.owner[new[i]] = Held(r, i)
    for i in s.span(lo, hi):
        s.table[r, i] = new[i]
    s.allocated[r] = upto


def compute(s: State, t: Turn, n: Len) -> None:
    """Compute KV up to `n` tokens; with the last known one, the model yields the next token."""
    s.committed[s.row[t]] = n
    if n == s.tokens[t] and s.tokens[t] < s.limit[t]:
        s.tokens[t] = s.tokens[t] + 1


@move
def extend(s: State, t: Turn, upto: Len) -> None:
    """Prefill up to `upto` tokens: the whole of what is missing, or a chunk of it."""
    require(running(s, t) and not s.aborting[t])
    require(s.committed[s.row[t]] < upto <= s.allocated[s.row[t]])
    compute(s, t, upto)


@move
def decode(s: State, t: Turn) -> None:
    """Compute the last output token's KV, which yields the next token."""
    require(running(s, t) and not s.aborting[t] and s.prompt[t] < s.tokens[t] < s.limit[t])
    require(s.committed[s.row[t]] + 1 == s.tokens[t] and s.tokens[t] <= s.allocated[s.row[t]])
    compute(s, t, s.tokens[t])


# -- a turn ends, or goes back ---------------------------------------------------------------------


def complete(s: State, t: Turn) -> bool:
    """Turn `t` has output and KV up to its last token, or wanted no output and has all KV."""
    if s.prompt[t] < s.tokens[t]:
        return s.tokens[t] <= s.committed[s.row[t]] + 1
    return s.limit[t] == s.prompt[t] and s.committed[s.row[t]] == s.prompt[t]


@move
def finish(s: State, t: Turn) -> Len:
    """End a turn well: the slot keeps its record, req_nodes moves to it. Return its output_len."""
    require(running(s, t) and not s.aborting[t] and complete(s, t))
    x = s.session[t]
    if s.req_nodes[x] != NIL:
        forget(s, s.req_nodes[x])
    s.slot[x], s.row[t] = s.row[t], NIL
    s.req_nodes[x], s.in_flight[x] = t, NIL
    return s.tokens[t] - s.prompt[t]


@move
def retract(s: State, t: Turn) -> None:
    """Take the turn's memory back and let it wait again; its slot keeps what the last turn left."""
    require(running(s, t) and not s.aborting[t])
    x, r = s.session[t], s.row[t]
    s.row[t] = NIL
    if s.slot[x] == NIL:
        release(s, r)
    else:
        free_tail(s, r, min(s.committed[r], history_len(s, x)))


@move
def pre_abort(s: State, t: Turn, why: Why) -> None:
    """Turn a waiting turn away; one that is too long is always turned away (P5 of PR 22790)."""
    require(waiting(s, t) and not s.aborting[t])
    require((why == Why.TOO_LONG) == too_long(s, t))
    detach(s, t)


@move
def abort_waiting(s: State, t: Turn) -> None:
    """End a waiting turn by order: the slot keeps its KV."""
    require(waiting(s, t) and s.aborting[t])
    detach(s, t)


@move
def abort_first(s: State, t: Turn) -> None:
    """End a running turn whose session has no slot: wipe the KV all the same (P4 of PR 22790)."""
    require(running(s, t) and s.aborting[t] and not has_slot(s, t))
    release(s, s.row[t])
    s.row[t] = NIL
    detach(s, t)


@move
def abort_nth(s: State, t: Turn) -> None:
    """End a running turn that borrowed its slot: wipe the KV, keep the tokens (P3 of PR 22790)."""
    require(running(s, t) and s.aborting[t] and has_slot(s, t))
    ensure(s.slot[s.session[t]] == s.row[t], "a turn borrows the row of its own session's slot")
    release(s, s.row[t])
    s.slot[s.session[t]], s.row[t] = NIL, NIL
    detach(s, t)


@move
def end_close(s: State, x: Session) -> None:
    """Complete a close that waited for the turn in flight to end."""
    require(s.closing[x] and s.in_flight[x] == NIL)
    end_session(s, x)
