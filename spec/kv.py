"""How KV records change hands: whole pages go back, and there is one way to release a row."""

from __future__ import annotations

from spec.language import NIL, Index, Len, ensure, implies
from spec.state import Held, Row, Session, State, Turn


def free(s: State, r: Row, lo: Index, hi: Index) -> None:
    """Give the pages at indices [lo, hi) of row `r` back to the allocator."""
    ensure(
        s.forall(Index, lambda i: implies(lo <= i < hi, s.owner[s.table[r, i]] == Held(r, i))),
        "a row gives back only pages that it holds",
    )
    for i in s.span(lo, hi):
        s.owner[s.table[r, i]] = NIL
    for i in s.span(lo, hi):
        s.table[r, i] = NIL


def free_tail(s: State, r: Row, n: Len) -> None:
    """Forget what `r` holds beyond `n` tokens; a page with a token before `n` stays (PR 22862)."""
    if n < s.allocated[r]:
        free(s, r, s.pages(n), s.pages(s.allocated[r]))
        s.allocated[r] = n
        s.committed[r] = min(s.committed[r], n)


def release(s: State, r: Row) -> None:
    """Give back everything that row `r` holds, and the row: the one release path (PR 22790)."""
    free(s, r, 0, s.pages(s.allocated[r]))
    s.committed[r], s.allocated[r] = 0, 0
    s.holder[r] = NIL


def forget(s: State, t: Turn) -> None:
    """Detach turn `t` from its session: it is over and nobody goes on from it."""
    s.session[t], s.aborting[t] = NIL, False
    s.prompt[t], s.tokens[t], s.limit[t] = 0, 0, 0


def detach(s: State, t: Turn) -> None:
    """End a turn that holds nothing: neither slot nor req_nodes notice."""
    s.in_flight[s.session[t]] = NIL
    forget(s, t)


def end_session(s: State, x: Session) -> None:
    """Close session `x`, which has no turn in flight: it keeps nothing."""
    if s.slot[x] != NIL:
        release(s, s.slot[x])
        s.slot[x] = NIL
    if s.req_nodes[x] != NIL:
        forget(s, s.req_nodes[x])
        s.req_nodes[x] = NIL
    s.opened[x], s.closing[x] = False, False
