"""Changes: what an action must leave alone, seen in the states before and after it."""

from __future__ import annotations

from spec.language import NIL, after, implies
from spec.moves import (
    abort_first,
    abort_nth,
    abort_waiting,
    decode,
    extend,
    finish,
    pre_abort,
    reserve,
    resume,
    retract,
    start,
)
from spec.requests import abort, close, open, submit
from spec.state import Answer, Row, Session, State, Turn


@after(open, submit, abort, close)
def a_refusal_changes_nothing(old: State, s: State, answer: Answer) -> bool:
    """A refused request leaves every session, turn, row and page as it was."""
    return implies(answer != Answer.OK, s.same_as(old))


@after(submit, abort, start, resume, reserve, extend, decode, retract, pre_abort, abort_waiting,
       abort_first, abort_nth)  # fmt: skip
def only_finish_and_close_move_req_nodes(old: State, s: State, x: Session) -> bool:
    """Submit, abort, refusal and retraction keep the last finished turn (PR 22790)."""
    return s.req_nodes[x] == old.req_nodes[x] and implies(
        s.req_nodes[x] != NIL, s.tokens[s.req_nodes[x]] == old.tokens[s.req_nodes[x]]
    )


@after(submit, abort, pre_abort, abort_waiting)
def a_turn_that_never_ran_leaves_slots_alone(old: State, s: State) -> bool:
    """Submit, pre-abort, abort of a waiting turn touch no slot, row or page (P5 of PR 22790)."""
    return s.same_as(old, "slot", "holder", "committed", "allocated", "table", "owner")


@after(abort_first, abort_nth)
def an_aborted_running_turn_leaves_its_session_empty(old: State, s: State, x: Session) -> bool:
    """After the abort of a running turn its session holds no KV."""
    return implies(
        old.in_flight[x] != NIL and s.in_flight[x] == NIL,
        s.slot[x] == NIL,
    )


@after(abort_waiting, abort_first, abort_nth, pre_abort, finish)
def only_its_own_turn_ends_what_is_in_flight(old: State, s: State, x: Session) -> bool:
    """What is in flight stays so unless it was this very turn that ended."""
    return implies(
        old.in_flight[x] != NIL and s.in_flight[x] != old.in_flight[x],
        s.in_flight[x] == NIL and s.row[old.in_flight[x]] == NIL,
    )


@after(submit)
def a_closing_session_takes_no_new_turn(old: State, s: State, x: Session) -> bool:
    """Once its close was asked for, nothing new begins in a session."""
    return implies(old.closing[x], s.in_flight[x] == old.in_flight[x])


@after(resume)
def a_resume_keeps_what_is_committed(old: State, s: State, r: Row) -> bool:
    """Freeing the tail costs no committed token: the logit reserve is taken once (PR 22862)."""
    return s.committed[r] == old.committed[r]


@after(extend, decode)
def a_token_follows_when_all_kv_is_known(old: State, s: State, t: Turn) -> bool:
    """The model yields one token, and only after the KV of the last known one was computed."""
    return implies(
        s.tokens[t] != old.tokens[t],
        s.tokens[t] == old.tokens[t] + 1 and s.committed[s.row[t]] == old.tokens[t],
    )


@after(retract)
def a_retracted_turn_stays_in_flight(old: State, s: State, x: Session) -> bool:
    """A retraction is not an end: the session's turn stays in flight, with its tokens."""
    return s.in_flight[x] == old.in_flight[x] and implies(
        s.in_flight[x] != NIL, s.tokens[s.in_flight[x]] == old.tokens[s.in_flight[x]]
    )


@after(close)
def a_close_waits_for_the_turn_in_flight(old: State, s: State, x: Session) -> bool:
    """Closing a session with a turn in flight takes nothing from it (P1 of PR 22790)."""
    return implies(
        old.in_flight[x] != NIL,
        s.in_flight[x] == old.in_flight[x] and s.slot[x] == old.slot[x] and s.opened[x],
    )
