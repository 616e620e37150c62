"""Moves: what the scheduler may do, and when. Which of them it takes is its policy, not ours."""

from __future__ import annotations

from spec.kv import detach, end_session, forget, free, free_tail, keep, lock, release, wipe
from spec.language import NIL, Index, Len, ensure, implies, move, need, require
from spec.state import (
    Held,
    Page,
    Prefix,
    Recurrent,
    Row,
    Session,
    State,
    Turn,
    Why,
    has_slot,
    history_len,
    is_free,
    is_unused,
    lent,
    prompt_page,
    running,
    unread,
    waiting,
)


def too_long(s: State, t: Turn) -> bool:
    """Turn `t` can never run: its prompt and what it asks for do not fit one context."""
    return s.context_len < s.limit[t]


def too_large(s: State, t: Turn) -> bool:
    """Turn `t` can never run: it does not fit the pool even alone."""
    return s.num(Page) < s.pages(s.limit[t])


def runnable(s: State, t: Turn) -> bool:
    """Turn `t` waits, and nothing stands against running it."""
    return waiting(s, t) and not s.aborting[t] and not too_long(s, t) and not too_large(s, t)


def at_rest(s: State, t: Turn) -> bool:
    """Turn `t` runs, its abort was not asked for, and every result is read."""
    return running(s, t) and not s.aborting[t] and not unread(s, s.row[t])


# -- a turn gets its row ---------------------------------------------------------------------------


@move
def start(s: State, t: Turn, hit: Index) -> None:
    """Give a row to a turn whose session holds no KV: the first one, or after KV was wiped.

    The row reads `hit` pages of the first prompt from the radix tree, but not the prompt's last
    token: logits need one. Recurrent layers go on from a copy of the state at the end of these
    pages, since the next row that begins so needs it as it is.
    """
    require(runnable(s, t) and not has_slot(s, t))
    x = s.session[t]
    require(hit <= s.whole(s.text_len[x]) and s.length(hit) < s.tokens[t])
    require(s.forall(Index, lambda i: implies(i < hit, s.cached[prompt_page(s, x, i)] != NIL)))
    require(not s.hybrid or hit == 0 or s.kept[prompt_page(s, x, hit - 1)] != NIL)
    r = s.choose(Row, lambda r: s.holder[r] == NIL)
    if s.hybrid:
        m = s.choose(Recurrent, lambda m: is_unused(s, m))
        s.recurrent[r], s.user[m] = m, r
        if hit != 0:
            s.summed[m] = s.summed[s.kept[prompt_page(s, x, hit - 1)]]
    for i in s.span(0, hit):
        s.table[r, i] = s.cached[prompt_page(s, x, i)]
    lock(s, x, 0, hit)
    n = s.length(hit)
    ensure(n < s.tokens[t], "a token is left to compute: logits need one")
    s.protected[r], s.committed[r], s.launched[r], s.allocated[r] = n, n, n, n
    s.cursor[r], s.faithful[r] = n, n
    s.holder[r], s.row[t] = x, r


@move
def resume(s: State, t: Turn) -> None:
    """Lend the slot's row to the turn, and free its tail (PR 22862)."""
    require(runnable(s, t) and has_slot(s, t))
    r = s.slot[s.session[t]]
    ensure(s.committed[r] < s.tokens[t], "a token is left to compute: logits need one")
    if s.committed[r] < s.allocated[r]:
        free_tail(s, r, s.committed[r])
    s.row[t] = r


# -- a turn runs -----------------------------------------------------------------------------------


@move
def reserve(s: State, t: Turn, upto: Len) -> None:
    """Allocate locations up to `upto` tokens, filling the partly used last page first."""
    require(running(s, t))
    r = s.row[t]
    require(s.allocated[r] < upto <= s.least(s.tokens[t], s.limit[t]) + s.lookahead)
    lo, hi = s.pages(s.allocated[r]), s.pages(upto)
    if s.sliding:
        need(s.count(Page, lambda p: s.windowed[p]) + (hi - lo) <= s.window_pages)
    new = s.choose_each(lo, hi, Page, lambda p: is_free(s, p))
    for i in s.span(lo, hi):
        s.owner[new[i]] = Held(r, i)
        s.windowed[new[i]] = s.sliding
    for i in s.span(lo, hi):
        s.table[r, i] = new[i]
    s.allocated[r] = upto


@move
def extend(s: State, t: Turn, upto: Len) -> None:
    """Launch a prefill up to `upto` tokens: of the whole of what is missing, or of a chunk."""
    require(running(s, t) and not s.aborting[t])
    r = s.row[t]
    require(s.launched[r] < upto <= s.allocated[r] and upto <= s.tokens[t])
    s.launched[r] = upto


@move
def decode(s: State, t: Turn) -> None:
    """Launch the last output token; with overlap, the one that the batch before will yield."""
    require(running(s, t) and not s.aborting[t] and s.tokens[t] < s.limit[t])
    r = s.row[t]
    if unread(s, r):
        require(s.launched[r] == s.tokens[t] and s.tokens[t] + 1 < s.limit[t])
    else:
        require(s.prompt[t] < s.tokens[t] and s.launched[r] + 1 == s.tokens[t])
    require(s.launched[r] < s.allocated[r])
    s.launched[r] = s.launched[r] + 1


def commit(s: State, t: Turn, n: Len) -> None:
    """Count KV up to `n` tokens as final: right if what it was computed from is."""
    r = s.row[t]
    if s.committed[r] <= s.faithful[r]:
        s.faithful[r] = n
    s.committed[r] = n
    if s.recurrent[r] != NIL:
        s.summed[s.recurrent[r]] = n


@move
def collect(s: State, t: Turn) -> None:
    """Read the oldest result: KV is final, and with that of the last known token one follows."""
    require(running(s, t) and unread(s, s.row[t]))
    n = s.least(s.launched[s.row[t]], s.tokens[t])
    commit(s, t, n)
    if n == s.tokens[t] and s.tokens[t] < s.limit[t]:
        s.tokens[t] = s.tokens[t] + 1


@move
def verify(s: State, t: Turn, drafts: Len, accepted: Len) -> None:
    """Decode speculatively: of `drafts` guessed tokens the first `accepted` are right, one follows.

    KV of rejected drafts is in the tail. Output may overshoot what was asked for: see `finish`.
    """
    require(at_rest(s, t) and not s.hybrid and s.prompt[t] < s.tokens[t] < s.limit[t])
    r = s.row[t]
    require(s.committed[r] + 1 == s.tokens[t] and s.tokens[t] + drafts <= s.allocated[r])
    require(drafts != 0 and accepted <= drafts)
    commit(s, t, s.tokens[t] + accepted)
    s.launched[r] = s.committed[r]
    s.tokens[t] = s.tokens[t] + accepted + 1


@move
def slide(s: State, t: Turn, upto: Len) -> None:
    """Free the window layers' KV of whole pages before `upto`, which no later token looks at."""
    require(running(s, t) and s.sliding)
    r = s.row[t]
    require(s.length(s.whole(upto)) == upto and s.cursor[r] < upto)
    require(upto + s.window <= s.committed[r])
    for i in s.span(s.whole(s.cursor[r]), s.whole(upto)):
        s.windowed[s.table[r, i]] = False
    s.cursor[r] = upto


@move
def publish(s: State, t: Turn) -> None:
    """Put the first prompt's whole pages into the radix tree, and lock them for the row.

    What the tree lacks is this row's page, which changes hands; what it has already, the row reads
    from there, and its own copy is freed. Of recurrent layers the tree keeps a copy of the state,
    which must stand where these pages end: it cannot be told later what it was there.
    """
    require(at_rest(s, t))
    x, r = s.session[t], s.row[t]
    lo, hi = s.whole(s.protected[r]), s.whole(s.text_len[x])
    require(lo < hi and s.cursor[r] == s.protected[r])
    if s.hybrid:
        require(s.committed[r] == s.length(hi))
        if s.kept[prompt_page(s, x, hi - 1)] == NIL:
            m = s.choose(Recurrent, lambda m: is_unused(s, m))
            s.kept[prompt_page(s, x, hi - 1)], s.keeper[m] = m, prompt_page(s, x, hi - 1)
            s.summed[m] = s.summed[s.recurrent[r]]
    else:
        require(s.text_len[x] <= s.committed[r])
    new = s.first(lo, hi, lambda i: s.cached[prompt_page(s, x, i)] == NIL)
    free(s, r, lo, new)
    for i in s.span(lo, new):
        s.table[r, i] = s.cached[prompt_page(s, x, i)]
    for i in s.span(new, hi):
        s.cached[prompt_page(s, x, i)] = s.table[r, i]
        s.node[s.table[r, i]], s.owner[s.table[r, i]] = prompt_page(s, x, i), NIL
    lock(s, x, lo, hi)
    s.protected[r], s.cursor[r] = s.length(hi), s.length(hi)


# -- a turn ends, or goes back ---------------------------------------------------------------------


@move
def finish(s: State, t: Turn, n: Len) -> Len:
    """End a turn well at `n` tokens, and return its output_len: req_nodes moves to it.

    The slot keeps its record. KV beyond `n` is trimmed (PR 22897): speculation and overlap go on
    past a stop, and the tokens that they found there are forgotten.
    """
    require(at_rest(s, t) and s.prompt[t] <= n <= s.limit[t])
    require(n <= s.tokens[t] <= n + s.lookahead and n <= s.committed[s.row[t]] + 1)
    require(s.prompt[t] < n or s.limit[t] == n == s.committed[s.row[t]])
    x, r = s.session[t], s.row[t]
    if s.req_nodes[x] != NIL:
        forget(s, s.req_nodes[x])
    s.tokens[t], s.row[t] = n, NIL
    s.req_nodes[x], s.in_flight[x] = t, NIL
    s.faithful[r] = s.least(s.faithful[r], n)
    keep(s, x, r, n)
    return n - s.prompt[t]


@move
def retract(s: State, t: Turn) -> None:
    """Take the turn's memory back and let it wait again; its slot keeps what the last turn left."""
    require(at_rest(s, t))
    x, r = s.session[t], s.row[t]
    s.row[t] = NIL
    if s.slot[x] == NIL:
        release(s, r)
    else:
        keep(s, x, r, history_len(s, x))


@move
def pre_abort(s: State, t: Turn, why: Why) -> None:
    """Turn a waiting turn away; one that can never run is always turned away (P5, PR 22790)."""
    require(waiting(s, t) and not s.aborting[t])
    require((why == Why.TOO_LONG) == too_long(s, t))
    if why == Why.QUEUE_FULL:
        require(s.queue_limit < s.count(Turn, lambda u: waiting(s, u)))
    if why == Why.NO_ROOM:
        require(too_large(s, t))
    detach(s, t)


@move
def abort_waiting(s: State, t: Turn) -> None:
    """End a waiting turn by order: the slot keeps its KV."""
    require(waiting(s, t) and s.aborting[t])
    detach(s, t)


@move
def abort_first(s: State, t: Turn) -> None:
    """End a running turn whose session has no slot: wipe the KV all the same (P4 of PR 22790)."""
    require(running(s, t) and s.aborting[t] and not unread(s, s.row[t]) and not has_slot(s, t))
    release(s, s.row[t])
    s.row[t] = NIL
    detach(s, t)


@move
def abort_nth(s: State, t: Turn) -> None:
    """End a running turn that borrowed its slot: wipe the KV, keep the tokens (P3 of PR 22790)."""
    require(running(s, t) and s.aborting[t] and not unread(s, s.row[t]) and has_slot(s, t))
    ensure(s.slot[s.session[t]] == s.row[t], "a turn borrows the row of its own session's slot")
    wipe(s, s.session[t])
    s.row[t] = NIL
    detach(s, t)


@move
def end_close(s: State, x: Session) -> None:
    """Complete a close that waited for the turn in flight to end."""
    require(s.closing[x] and s.in_flight[x] == NIL)
    end_session(s, x)


@move
def time_out(s: State, x: Session) -> None:
    """Close a session that nobody has used for as long as its time-out."""
    require(s.stale[x])
    end_session(s, x)


# -- memory pressure -------------------------------------------------------------------------------


@move
def reclaim(s: State, x: Session) -> None:
    """Wipe the KV of a session whose slot no turn borrows, keep the tokens."""
    require(s.slot[x] != NIL and not lent(s, x))
    wipe(s, x)


def extends(s: State, d: Prefix, c: Prefix) -> bool:
    """Prefix `d` begins with all pages of prefix `c`."""
    return s.last[c] <= s.last[d] and s.ancestor[d, s.last[c]] == c


@move
def evict(s: State, c: Prefix) -> None:
    """Drop a leaf of the radix tree that nobody locks, and free its page and recurrent state.

    No other move takes a state from the tree, and none has to: a state at a locked node has a row
    that reads it, which ends, goes back or is reclaimed; without locks leaf after leaf goes.
    """
    p = s.cached[c]
    require(p != NIL and s.locks[c] == 0)
    require(s.forall(Prefix, lambda d: s.cached[d] == NIL or d == c or not extends(s, d, c)))
    s.cached[c], s.node[p], s.windowed[p] = NIL, NIL, False
    if s.kept[c] != NIL:
        s.summed[s.kept[c]] = 0
        s.keeper[s.kept[c]], s.kept[c] = NIL, NIL
