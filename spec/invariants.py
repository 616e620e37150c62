"""Invariants: what is true in every reachable state, for all sessions, turns, rows and pages.

They are inductive together: true at the start, and kept by every action from *any* state in which
they all hold. No existential is needed: each witness is a field (`in_flight`, `holder`, `owner`).
"""

from __future__ import annotations

from spec.language import NIL, Index, implies, invariant
from spec.state import Held, Page, Row, Session, State, Turn, attached, running


def lent(s: State, x: Session) -> bool:
    """The turn in flight of session `x` is running, on the slot's row or on its own first one."""
    return s.in_flight[x] != NIL and s.row[s.in_flight[x]] != NIL


def row_of(s: State, x: Session) -> Row:
    """The row in which session `x` holds KV, or NIL."""
    return s.row[s.in_flight[x]] if lent(s, x) else s.slot[x]


# -- ownership -------------------------------------------------------------------------------------


@invariant
def a_held_page_is_listed_by_its_holder(s: State, p: Page, r: Row, i: Index) -> bool:
    """A page that says who holds it is listed there: no page is lost, none has two holders."""
    return implies(
        s.owner[p] == Held(r, i),
        s.holder[r] != NIL and i < s.pages(s.allocated[r]) and s.table[r, i] == p,
    )


@invariant
def a_listed_page_is_held(s: State, r: Row, i: Index) -> bool:
    """Each page that a row lists within its allocated length is held for that row at that index."""
    return implies(
        s.holder[r] != NIL and i < s.pages(s.allocated[r]),
        s.table[r, i] != NIL and s.owner[s.table[r, i]] == Held(r, i),
    )


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
    """A row without a holder has no KV."""
    return implies(s.holder[r] == NIL, s.committed[r] == 0 and s.allocated[r] == 0)


@invariant
def a_running_turn_borrows_its_slots_row(s: State, t: Turn) -> bool:
    """A session with a slot and a running turn uses one row, not two."""
    return implies(
        s.row[t] != NIL and s.slot[s.session[t]] != NIL, s.slot[s.session[t]] == s.row[t]
    )


# -- lengths ---------------------------------------------------------------------------------------


@invariant
def committed_is_within_allocated(s: State, r: Row) -> bool:
    """No KV is called final where no location exists."""
    return s.committed[r] <= s.allocated[r]


@invariant
def a_running_turn_holds_at_most_its_tokens(s: State, t: Turn) -> bool:
    """A turn's row has locations for its own tokens and no others."""
    return implies(s.row[t] != NIL, s.allocated[s.row[t]] <= s.tokens[t])


@invariant
def an_idle_slot_holds_at_most_the_last_turn(s: State, x: Session) -> bool:
    """Between turns a slot holds KV of the last finished turn and no more (P3, P4 of PR 22790)."""
    return implies(
        s.slot[x] != NIL and s.req_nodes[x] != NIL and not lent(s, x),
        s.allocated[s.slot[x]] <= s.tokens[s.req_nodes[x]],
    )


@invariant
def a_slot_keeps_the_last_turns_kv(s: State, x: Session) -> bool:
    """A slot holds KV of all tokens of the last finished turn, but perhaps the last one."""
    return implies(s.slot[x] != NIL, s.tokens[s.req_nodes[x]] <= s.committed[s.slot[x]] + 1)


@invariant
def output_stays_within_its_limit(s: State, t: Turn) -> bool:
    """Prompt, tokens and limit of a turn are ordered."""
    return s.prompt[t] <= s.tokens[t] <= s.limit[t]


@invariant
def a_turn_that_ran_fits_the_context(s: State, x: Session) -> bool:
    """What ran, or is the last finished turn, fits one context."""
    return implies(s.req_nodes[x] != NIL, s.limit[s.req_nodes[x]] <= s.context_len) and implies(
        lent(s, x), s.limit[s.in_flight[x]] <= s.context_len
    )


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
def a_slot_has_a_finished_turn(s: State, x: Session) -> bool:
    """Only a finished turn leaves a slot behind: no abort of a first turn does (P4 of PR 22790)."""
    return implies(s.slot[x] != NIL, s.req_nodes[x] != NIL)


@invariant
def a_closed_session_holds_nothing(s: State, x: Session) -> bool:
    """Nothing outlives a session: no slot, no turn, no pending close."""
    return implies(
        not s.opened[x],
        s.slot[x] == NIL and s.in_flight[x] == NIL and s.req_nodes[x] == NIL and not s.closing[x],
    )


@invariant
def a_forgotten_turn_leaves_no_trace(s: State, t: Turn) -> bool:
    """A turn that belongs to no session has no tokens, no row and no wish."""
    return implies(
        not attached(s, t),
        s.row[t] == NIL and s.limit[t] == 0 and not s.aborting[t],
    )
