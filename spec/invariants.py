"""Invariants: what is true in every reachable state, for all sessions, turns, rows and pages.

They are inductive together: true at the start, and kept by every action from *any* state in which
they all hold. No existential is needed: each witness is a field (`in_flight`, `holder`, `owner`).
"""

from __future__ import annotations

from spec.language import NIL, Index, implies, invariant
from spec.state import (
    Held,
    Page,
    Prefix,
    Recurrent,
    Row,
    Session,
    State,
    Turn,
    attached,
    is_free,
    is_unused,
    lent,
    prompt_page,
    running,
    unread,
)


def row_of(s: State, x: Session) -> Row:
    """The row in which session `x` holds KV, or NIL."""
    return s.row[s.in_flight[x]] if lent(s, x) else s.slot[x]


def reads(s: State, r: Row, c: Prefix) -> bool:
    """Row `r` reads prefix `c` from the tree: it is among its protected pages."""
    return (
        s.holder[r] != NIL
        and s.last[c] < s.whole(s.protected[r])
        and prompt_page(s, s.holder[r], s.last[c]) == c
    )


# -- ownership -------------------------------------------------------------------------------------


@invariant
def a_held_page_is_listed_by_its_holder(s: State, p: Page, r: Row, i: Index) -> bool:
    """A page that names its row is listed there: no page is lost, none has two holders."""
    return implies(
        s.owner[p] == Held(r, i),
        s.holder[r] != NIL
        and s.whole(s.protected[r]) <= i < s.pages(s.allocated[r])
        and s.table[r, i] == p,
    )


@invariant
def a_listed_page_is_held(s: State, r: Row, i: Index) -> bool:
    """A page that a row lists behind its protected prefix is held for that row at that index."""
    return implies(
        s.whole(s.protected[r]) <= i < s.pages(s.allocated[r]),
        s.table[r, i] != NIL and s.owner[s.table[r, i]] == Held(r, i),
    )


@invariant
def a_row_lists_no_more_than_it_holds(s: State, r: Row, i: Index) -> bool:
    """Behind its allocated length a row names no page."""
    return implies(s.pages(s.allocated[r]) <= i, s.table[r, i] == NIL)


@invariant
def a_page_of_the_tree_is_its_nodes(s: State, p: Page) -> bool:
    """A page that says which prefix it holds is that node's, and no row's: none has two holders."""
    return implies(s.node[p] != NIL, s.cached[s.node[p]] == p and s.owner[p] == NIL)


@invariant
def a_node_has_its_own_page(s: State, c: Prefix) -> bool:
    """A node's page says so: no node has lost its page, no two nodes share one."""
    return implies(s.cached[c] != NIL, s.node[s.cached[c]] == c)


@invariant
def a_row_with_a_holder_is_that_sessions_row(s: State, r: Row) -> bool:
    """A row in use is the slot's or the running turn's of its session: no row is lost."""
    return implies(s.holder[r] != NIL, row_of(s, s.holder[r]) == r)


@invariant
def a_sessions_row_is_held_for_it(s: State, x: Session) -> bool:
    """No row serves two sessions."""
    return implies(row_of(s, x) != NIL, s.holder[row_of(s, x)] == x)


@invariant
def a_free_row_holds_nothing(s: State, r: Row) -> bool:
    """A row without a holder has no KV and no recurrent state."""
    return implies(
        s.holder[r] == NIL,
        s.allocated[r] == 0 and s.faithful[r] == 0 and s.recurrent[r] == NIL,
    )


@invariant
def a_running_turn_borrows_its_slots_row(s: State, t: Turn) -> bool:
    """A session with a slot and a running turn uses one row, not two."""
    return implies(
        s.row[t] != NIL and s.slot[s.session[t]] != NIL, s.slot[s.session[t]] == s.row[t]
    )


@invariant
def a_recurrent_state_in_use_is_its_rows(s: State, m: Recurrent) -> bool:
    """A recurrent state that is not free is that of a row in use: none is lost."""
    return implies(s.user[m] != NIL, s.recurrent[s.user[m]] == m and s.holder[s.user[m]] != NIL)


@invariant
def a_rows_recurrent_state_is_its_own(s: State, r: Row) -> bool:
    """No recurrent state serves two rows."""
    return implies(s.recurrent[r] != NIL, s.user[s.recurrent[r]] == r)


@invariant
def a_kept_state_is_its_nodes(s: State, m: Recurrent) -> bool:
    """A recurrent state of the tree is that node's, and no row's: none is lost or shared."""
    return implies(
        s.keeper[m] != NIL,
        s.kept[s.keeper[m]] == m and s.user[m] == NIL and s.cached[s.keeper[m]] != NIL,
    )


@invariant
def a_node_keeps_its_own_state(s: State, c: Prefix) -> bool:
    """No recurrent state is kept for two nodes, and only where the model has such layers."""
    return implies(s.kept[c] != NIL, s.keeper[s.kept[c]] == c and s.hybrid)


@invariant
def a_hybrid_models_row_has_a_recurrent_state(s: State, r: Row) -> bool:
    """Each row in use has a recurrent state, where the model has such layers."""
    return implies(s.holder[r] != NIL, s.hybrid == (s.recurrent[r] != NIL))


# -- the radix tree --------------------------------------------------------------------------------


@invariant
def a_protected_page_is_the_trees(s: State, r: Row, i: Index) -> bool:
    """The protected prefix is that of the prompt, and all of it is in the tree."""
    return implies(
        i < s.whole(s.protected[r]),
        s.holder[r] != NIL
        and s.table[r, i] != NIL
        and s.cached[prompt_page(s, s.holder[r], i)] == s.table[r, i],
    )


@invariant
def a_cached_prefix_is_cached_whole(s: State, c: Prefix, i: Index) -> bool:
    """Above each node are all its ancestors, up to the first page."""
    return implies(s.cached[c] != NIL and i <= s.last[c], s.cached[s.ancestor[c, i]] != NIL)


@invariant
def a_recurrent_row_reads_up_to_a_kept_state(s: State, r: Row) -> bool:
    """What a row reads from the tree ends where the tree keeps the recurrent state, too."""
    return implies(
        s.recurrent[r] != NIL and s.protected[r] != 0,
        s.kept[prompt_page(s, s.holder[r], s.whole(s.protected[r]) - 1)] != NIL,
    )


@invariant
def locks_balance(s: State, c: Prefix) -> bool:
    """A node has as many locks as rows read it: each lock has a holder, evictable is unlocked."""
    return s.locks[c] == s.count(Row, lambda r: reads(s, r, c))


@invariant
def kv_stays_in_its_namespace(s: State, r: Row, i: Index) -> bool:
    """What a row reads from the tree was computed in its own session's namespace."""
    return implies(
        i < s.whole(s.protected[r]),
        s.namespace_of[s.node[s.table[r, i]]] == s.namespace[s.holder[r]],
    )


# -- lengths ---------------------------------------------------------------------------------------


@invariant
def lengths_are_in_order(s: State, r: Row) -> bool:
    """protected <= committed <= launched <= allocated."""
    return s.protected[r] <= s.committed[r] <= s.launched[r] <= s.allocated[r]


@invariant
def the_protected_prefix_is_page_aligned(s: State, r: Row) -> bool:
    """The tree shares whole pages, of the first prompt (PR 20070)."""
    return s.length(s.whole(s.protected[r])) == s.protected[r] and implies(
        s.holder[r] != NIL, s.protected[r] <= s.text_len[s.holder[r]]
    )


@invariant
def committed_kv_is_that_of_the_tokens(s: State, r: Row) -> bool:
    """Position i of a committed prefix holds the KV of exactly the session's tokens 0 .. i."""
    return s.committed[r] <= s.faithful[r]


@invariant
def a_recurrent_state_is_that_of_the_committed_tokens(s: State, r: Row) -> bool:
    """A row's recurrent state sums up all committed tokens, and no more: it cannot go back."""
    return implies(s.recurrent[r] != NIL, s.summed[s.recurrent[r]] == s.committed[r])


@invariant
def a_kept_state_is_that_of_its_pages(s: State, c: Prefix) -> bool:
    """The recurrent state at a node sums up the tokens up to the end of its page."""
    return implies(s.kept[c] != NIL, s.summed[s.kept[c]] == s.length(s.last[c] + 1))


@invariant
def an_unused_state_sums_up_nothing(s: State, m: Recurrent) -> bool:
    """A free recurrent state is that before the first token."""
    return implies(is_unused(s, m), s.summed[m] == 0)


@invariant
def a_running_turn_reserves_no_more_than_it_may(s: State, t: Turn) -> bool:
    """A turn's row has locations for its own tokens, and for `lookahead` more."""
    return implies(
        s.row[t] != NIL,
        s.allocated[s.row[t]] <= s.least(s.tokens[t], s.limit[t]) + s.lookahead
        and s.committed[s.row[t]] <= s.tokens[t],
    )


@invariant
def a_batch_runs_at_most_one_token_ahead(s: State, t: Turn) -> bool:
    """Beyond the known tokens only the one is launched that an unread batch yields."""
    return implies(
        s.row[t] != NIL and s.tokens[t] < s.launched[s.row[t]],
        s.launched[s.row[t]] == s.tokens[t] + 1
        and s.committed[s.row[t]] < s.tokens[t]
        and s.tokens[t] + 1 < s.limit[t],
    )


@invariant
def an_idle_slot_holds_at_most_the_last_turn(s: State, x: Session) -> bool:
    """Between turns a slot holds KV of the last finished turn and no more (P3, P4 of PR 22790)."""
    return implies(
        s.slot[x] != NIL and not lent(s, x),
        s.allocated[s.slot[x]] <= s.tokens[s.req_nodes[x]] and not unread(s, s.slot[x]),
    )


@invariant
def a_slot_keeps_the_last_turns_kv(s: State, x: Session) -> bool:
    """A slot holds KV of all tokens of the last finished turn, but perhaps the last one."""
    return implies(s.slot[x] != NIL, s.tokens[s.req_nodes[x]] <= s.committed[s.slot[x]] + 1)


@invariant
def output_stays_within_its_limit(s: State, t: Turn) -> bool:
    """Prompt, tokens and limit of a turn are ordered; only speculation overshoots, for a while."""
    return s.prompt[t] <= s.tokens[t] <= s.limit[t] + s.lookahead and s.prompt[t] <= s.limit[t]


@invariant
def a_turn_that_ran_fits_the_context(s: State, x: Session) -> bool:
    """What ran, or last finished, fits one context and the pool, with all its output."""
    return implies(
        s.req_nodes[x] != NIL,
        s.tokens[s.req_nodes[x]] <= s.limit[s.req_nodes[x]] <= s.context_len,
    ) and implies(
        lent(s, x),
        s.limit[s.in_flight[x]] <= s.context_len
        and s.pages(s.limit[s.in_flight[x]]) <= s.num(Page),
    )


# -- sliding windows -------------------------------------------------------------------------------


@invariant
def the_cursor_leaves_a_whole_window(s: State, r: Row) -> bool:
    """The window cursor is page-aligned, and what the next token looks back at is behind it."""
    return (
        s.length(s.whole(s.cursor[r])) == s.cursor[r]
        and s.protected[r] <= s.cursor[r] <= s.committed[r]
        and (
            s.cursor[r] == s.protected[r]
            or (s.sliding and s.cursor[r] + s.window <= s.committed[r])
        )
    )


@invariant
def nothing_inside_a_window_is_freed(s: State, r: Row, i: Index) -> bool:
    """From the cursor on a row's pages have their window KV."""
    return implies(
        s.sliding and s.whole(s.cursor[r]) <= i < s.pages(s.allocated[r]),
        s.windowed[s.table[r, i]],
    )


@invariant
def what_left_the_window_is_freed(s: State, r: Row, i: Index) -> bool:
    """Between protected prefix and cursor a row's pages have no window KV (PR 22900)."""
    return implies(
        s.whole(s.protected[r]) <= i < s.whole(s.cursor[r]), not s.windowed[s.table[r, i]]
    )


@invariant
def no_window_kv_is_lost(s: State, p: Page) -> bool:
    """A free page has no window KV, a node's page has all of it; without such layers none has."""
    return (
        implies(is_free(s, p) or not s.sliding, not s.windowed[p])
        and implies(s.node[p] != NIL, s.windowed[p] == s.sliding)
    )  # fmt: skip


@invariant
def window_kv_fits_its_pool(s: State) -> bool:
    """No more pages have window KV than its pool has."""
    return implies(s.sliding, s.count(Page, lambda p: s.windowed[p]) <= s.window_pages)


# -- sessions --------------------------------------------------------------------------------------


@invariant
def a_turn_in_flight_belongs_to_its_session(s: State, x: Session) -> bool:
    """In flight has an owner: a turn of this very, open session."""
    return implies(s.in_flight[x] != NIL, s.session[s.in_flight[x]] == x and s.opened[x])


@invariant
def req_nodes_is_a_finished_turn(s: State, x: Session) -> bool:
    """The last finished turn belongs to its open session, is not in flight and runs no more."""
    return implies(
        s.req_nodes[x] != NIL,
        s.session[s.req_nodes[x]] == x
        and s.opened[x]
        and s.in_flight[x] != s.req_nodes[x]
        and s.row[s.req_nodes[x]] == NIL
        and not s.aborting[s.req_nodes[x]],
    )


@invariant
def an_attached_turn_is_in_flight_or_the_last(s: State, t: Turn) -> bool:
    """A session keeps no turn of its past but the last finished one (PR 22790, `finish_req`)."""
    return implies(attached(s, t), s.in_flight[s.session[t]] == t or s.req_nodes[s.session[t]] == t)


@invariant
def only_a_turn_in_flight_runs(s: State, t: Turn) -> bool:
    """Whoever has a row is in flight."""
    return implies(s.row[t] != NIL, running(s, t))


@invariant
def a_prompt_extends_the_last_finished_turn(s: State, x: Session) -> bool:
    """A turn in flight goes on from the last finished turn, by at least one token."""
    return implies(
        s.in_flight[x] != NIL and s.req_nodes[x] != NIL,
        s.tokens[s.req_nodes[x]] < s.prompt[s.in_flight[x]],
    )


@invariant
def a_turn_in_flight_has_a_prompt(s: State, x: Session) -> bool:
    """No turn has an empty input."""
    return implies(s.in_flight[x] != NIL, s.prompt[s.in_flight[x]] != 0)


@invariant
def turns_begin_with_the_first_prompt(s: State, x: Session) -> bool:
    """Every turn of a session begins with the session's text; a session without turns has none."""
    return (
        (s.text_len[x] == 0) == (s.text[x] == NIL)
        and implies(s.in_flight[x] == NIL and s.req_nodes[x] == NIL, s.text[x] == NIL)
        and implies(s.in_flight[x] != NIL, s.text_len[x] <= s.prompt[s.in_flight[x]])
        and implies(s.req_nodes[x] != NIL, s.text_len[x] <= s.tokens[s.req_nodes[x]])
    )


@invariant
def a_slot_has_a_finished_turn(s: State, x: Session) -> bool:
    """Only a finished turn leaves a slot behind: no abort of a first turn does (P4 of PR 22790)."""
    return implies(s.slot[x] != NIL, s.req_nodes[x] != NIL)


@invariant
def an_open_session_has_a_namespace(s: State, x: Session) -> bool:
    """A session is of one namespace from the start."""
    return s.opened[x] == (s.namespace[x] != NIL)


@invariant
def only_an_idle_session_times_out(s: State, x: Session) -> bool:
    """No time-out strikes a turn in flight: that is activity."""
    return implies(s.stale[x], s.opened[x] and s.in_flight[x] == NIL)


@invariant
def a_closed_session_holds_nothing(s: State, x: Session) -> bool:
    """Nothing outlives a session: no slot, no turn, no text, no pending close."""
    return implies(
        not s.opened[x],
        s.slot[x] == NIL
        and s.in_flight[x] == NIL
        and s.req_nodes[x] == NIL
        and s.text_len[x] == 0
        and not s.closing[x],
    )


@invariant
def a_forgotten_turn_leaves_no_trace(s: State, t: Turn) -> bool:
    """A turn that belongs to no session has no tokens, no row and no wish."""
    return implies(
        not attached(s, t),
        s.row[t] == NIL and s.tokens[t] == 0 and s.limit[t] == 0 and not s.aborting[t],
    )


# -- accounting ------------------------------------------------------------------------------------


def available(s: State) -> Index:
    """Free pages."""
    return s.count(Page, lambda p: is_free(s, p))


def evictable(s: State) -> Index:
    """Pages of nodes that nobody locks."""
    return s.count(Prefix, lambda c: s.cached[c] != NIL and s.locks[c] == 0)


def protected(s: State) -> Index:
    """Pages of nodes that somebody locks."""
    return s.count(Prefix, lambda c: s.cached[c] != NIL and s.locks[c] != 0)


def private(s: State, r: Row) -> Index:
    """Pages that row `r` holds, the protected prefix left out."""
    return s.pages(s.allocated[r]) - s.whole(s.protected[r])


def is_lent(s: State, r: Row) -> bool:
    """A running turn uses row `r`."""
    return s.holder[r] != NIL and lent(s, s.holder[r])


def session_held(s: State) -> Index:
    """Pages of slots that no running turn borrows."""
    return s.total(Row, lambda r: 0 if is_lent(s, r) else private(s, r))


def uncached(s: State) -> Index:
    """Pages of running turns, on their slot's row or their own (PRs 22213, 22753: counted once)."""
    return s.total(Row, lambda r: private(s, r) if is_lent(s, r) else 0)


@invariant
def pages_add_up(s: State) -> bool:
    """available + evictable + protected + session-held + uncached = total, idle and busy."""
    held = session_held(s) + uncached(s)
    return available(s) + evictable(s) + protected(s) + held == s.num(Page)


@invariant
def private_tokens_fill_their_pages(s: State, r: Row) -> bool:
    """So they add up in tokens, too, as engines count: aligned allocated length - protected."""
    return s.length(s.pages(s.allocated[r])) - s.protected[r] == s.length(private(s, r))
