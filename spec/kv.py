"""How KV records change hands: whole pages go back, and there is one way to release a row."""

from __future__ import annotations

from spec.language import NIL, Index, Len, ensure, implies
from spec.state import Held, Row, Session, State, Turn, history_len, prompt_page, unread


def free(s: State, r: Row, lo: Index, hi: Index) -> None:
    """Give the pages at indices [lo, hi) of row `r` back to the allocator."""
    ensure(not unread(s, r), "no launched batch may still read what a row gives back")
    ensure(
        s.forall(Index, lambda i: implies(lo <= i < hi, s.owner[s.table[r, i]] == Held(r, i))),
        "a row gives back only pages that it holds",
    )
    for i in s.span(lo, hi):
        s.owner[s.table[r, i]] = NIL
        s.windowed[s.table[r, i]] = False
    for i in s.span(lo, hi):
        s.table[r, i] = NIL


def free_tail(s: State, r: Row, n: Len) -> None:
    """Forget what `r` holds beyond `n` tokens; a page with a token before `n` stays (PR 22862)."""
    ensure(s.protected[r] <= n, "what the tree protects is not this row's to give back")
    free(s, r, s.pages(n), s.pages(s.allocated[r]))
    s.allocated[r] = n
    s.committed[r], s.faithful[r] = s.least(s.committed[r], n), s.least(s.faithful[r], n)
    s.launched[r] = s.committed[r]


def lock(s: State, x: Session, lo: Index, hi: Index) -> None:
    """Protect the nodes of pages [lo, hi) of the first prompt from eviction."""
    for i in s.span(lo, hi):
        s.locks[prompt_page(s, x, i)] = s.locks[prompt_page(s, x, i)] + 1


def unlock(s: State, r: Row) -> None:
    """Give the locks of row `r` back, and stop reading the tree's pages."""
    x, hi = s.holder[r], s.whole(s.protected[r])
    for i in s.span(0, hi):
        s.locks[prompt_page(s, x, i)] = s.locks[prompt_page(s, x, i)] - 1
    for i in s.span(0, hi):
        s.table[r, i] = NIL


def release(s: State, r: Row) -> None:
    """Give back everything that row `r` holds, and the row: the one release path (PR 22790)."""
    free(s, r, s.whole(s.protected[r]), s.pages(s.allocated[r]))
    unlock(s, r)
    s.protected[r], s.committed[r], s.launched[r], s.allocated[r] = 0, 0, 0, 0
    s.cursor[r], s.faithful[r] = 0, 0
    if s.recurrent[r] != NIL:
        s.summed[s.recurrent[r]] = 0
        s.user[s.recurrent[r]], s.recurrent[r] = NIL, NIL
    s.holder[r] = NIL


def reusable(s: State, r: Row, n: Len) -> bool:
    """A turn could go on from the first `n` tokens: window and recurrent state are still there."""
    has_window = s.cursor[r] == s.protected[r] or s.cursor[r] + s.window <= n
    return has_window and (s.recurrent[r] == NIL or s.committed[r] <= n)


def keep(s: State, x: Session, r: Row, n: Len) -> None:
    """Leave the slot of `x` what row `r` holds of the first `n` tokens, or nothing if useless."""
    if reusable(s, r, n):
        if n < s.allocated[r]:
            free_tail(s, r, n)
        s.slot[x] = r
    else:
        release(s, r)
        s.slot[x] = NIL


def wipe(s: State, x: Session) -> None:
    """Wipe the KV that the slot of `x` holds, keep the tokens."""
    release(s, s.slot[x])
    s.slot[x] = NIL


def forget(s: State, t: Turn) -> None:
    """Detach turn `t` from its session: it is over and nobody goes on from it."""
    s.session[t], s.aborting[t] = NIL, False
    s.prompt[t], s.tokens[t], s.limit[t] = 0, 0, 0


def cut_tokens(s: State, x: Session, n: Len) -> None:
    """Note that the session's tokens beyond `n` are no more: KV of them is of nothing."""
    if s.slot[x] != NIL:
        s.faithful[s.slot[x]] = s.least(s.faithful[s.slot[x]], n)


def detach(s: State, t: Turn) -> None:
    """End a turn that holds nothing: neither slot nor req_nodes notice."""
    x = s.session[t]
    cut_tokens(s, x, history_len(s, x))
    s.in_flight[x] = NIL
    if s.req_nodes[x] == NIL:
        s.text[x], s.text_len[x] = NIL, 0
    forget(s, t)


def end_session(s: State, x: Session) -> None:
    """Close session `x`, which has no turn in flight: it keeps nothing."""
    if s.slot[x] != NIL:
        wipe(s, x)
    if s.req_nodes[x] != NIL:
        forget(s, s.req_nodes[x])
        s.req_nodes[x] = NIL
    s.opened[x], s.closing[x], s.stale[x] = False, False, False
    s.namespace[x], s.text[x], s.text_len[x] = NIL, NIL, 0
