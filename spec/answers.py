"""Answers: what a client may rely on when it is told that a request was accepted, or why not.

These are properties of the states before and after a request. Behind `*` stand the request's own
arguments and its answer; what stands before it ranges over everything.
"""

from __future__ import annotations

from spec.language import NIL, Len, after, implies
from spec.requests import abort, close, generate, open, stay_silent, submit
from spec.state import (
    Answer,
    Edit,
    Namespace,
    Session,
    State,
    Text,
    Turn,
    attached,
    history_len,
    live,
)


@after(open, submit, generate, abort, close, stay_silent)
def a_refusal_changes_nothing(old: State, s: State, *, answer: Answer) -> bool:
    """A refused request leaves every session, turn, row and page as it was."""
    return implies(answer != Answer.OK, s.same_as(old))


@after(open)
def an_opened_session_is_new(
    old: State, s: State, *, x: Session, namespace: Namespace, answer: Answer
) -> bool:
    """Only what was not open is opened, in the namespace that was asked for, and without turns."""
    return answer == (Answer.ALREADY_OPEN if old.opened[x] else Answer.OK) and implies(
        answer == Answer.OK, s.opened[x] and s.namespace[x] == namespace and s.req_nodes[x] == NIL
    )


def told_why(s: State, x: Session, t: Turn, new: Len, edit: Edit, answer: Answer) -> bool:
    """What a client is told of a turn that it cannot have is so."""
    return (
        implies(answer == Answer.DUPLICATE_TURN, attached(s, t))
        and implies(answer == Answer.ALREADY_OPEN, s.opened[x])
        and implies(answer == Answer.UNKNOWN_SESSION, not s.opened[x])
        and implies(answer == Answer.CLOSING, s.closing[x])
        and implies(answer == Answer.REPLACE, edit == Edit.REPLACE)
        and implies(answer == Answer.DROP_PREVIOUS_OUTPUT, edit == Edit.DROP_PREVIOUS_OUTPUT)
        and implies(answer == Answer.OFFSET, edit == Edit.OFFSET)
        and implies(answer == Answer.EMPTY_INPUT, new == 0)
        and implies(answer == Answer.IN_FLIGHT, s.in_flight[x] != NIL)
        and answer != Answer.UNKNOWN_TURN
    )


def admitted(s: State, x: Session, t: Turn, prompt: Len, max_new: Len) -> bool:
    """Turn `t` of session `x` waits, with this prompt, and may put out so much."""
    return (
        s.in_flight[x] == t
        and s.session[t] == x
        and s.row[t] == NIL
        and s.prompt[t] == prompt
        and s.tokens[t] == prompt
        and s.limit[t] == prompt + max_new
    )


@after(submit)
def a_submit_is_refused_only_for_the_reason_told(
    old: State, s: State, *, x: Session, t: Turn, new: Len, edit: Edit, answer: Answer
) -> bool:
    """A refusal gives a reason, and it is the case."""
    return told_why(old, x, t, new, edit, answer) and answer != Answer.ALREADY_OPEN


@after(submit)
def an_accepted_turn_goes_on_from_the_last_finished_one(
    old: State, s: State, *, x: Session, t: Turn, new: Len, max_new: Len, text: Text, answer: Answer
) -> bool:  # fmt: skip
    """Its prompt is that turn's tokens and the new ones: neither less nor more (P1 of PR 22790)."""
    first = old.req_nodes[x] == NIL
    return implies(
        answer == Answer.OK,
        admitted(s, x, t, history_len(old, x) + new, max_new)
        and s.req_nodes[x] == old.req_nodes[x]
        and s.text[x] == (text if first else old.text[x])
        and s.text_len[x] == (new if first else old.text_len[x]),
    )


@after(submit)
def a_session_takes_a_turn_only_if_it_can(
    old: State, s: State, *, x: Session, t: Turn, new: Len, edit: Edit, answer: Answer
) -> bool:
    """Accepted are appended tokens, for an open session without a turn in flight (P2)."""
    return implies(
        answer == Answer.OK,
        old.opened[x]
        and not old.closing[x]
        and old.in_flight[x] == NIL
        and not attached(old, t)
        and edit == Edit.APPEND
        and new != 0,
    )


@after(generate)
def a_plain_request_is_a_session_of_one_turn(
    old: State, s: State, *, x: Session, t: Turn, new: Len, max_new: Len,
    namespace: Namespace, text: Text, answer: Answer,
) -> bool:  # fmt: skip
    """A plain request's session is new, has the one turn, and closes when that ends."""
    return told_why(old, x, t, new, Edit.APPEND, answer) and implies(
        answer == Answer.OK,
        not old.opened[x]
        and not attached(old, t)
        and new != 0
        and s.opened[x]
        and s.closing[x]
        and s.namespace[x] == namespace
        and s.text[x] == text
        and s.req_nodes[x] == NIL
        and admitted(s, x, t, new, max_new),
    )


@after(abort)
def an_abort_is_noted_for_a_turn_in_flight(
    old: State, s: State, *, t: Turn, answer: Answer
) -> bool:
    """The wish to end a turn is refused only for a turn that is over, or unknown."""
    return answer == (Answer.OK if live(old, t) else Answer.UNKNOWN_TURN) and implies(
        answer == Answer.OK, s.aborting[t]
    )


@after(close)
def a_closed_session_is_gone_or_waits_for_its_turn(
    old: State, s: State, *, x: Session, answer: Answer
) -> bool:
    """A close is never forgotten: at once without a turn in flight, otherwise when that ends."""
    return answer == (Answer.OK if old.opened[x] else Answer.UNKNOWN_SESSION) and implies(
        answer == Answer.OK,
        s.opened[x] == (old.in_flight[x] != NIL)
        and s.closing[x] == s.opened[x]
        and s.in_flight[x] == old.in_flight[x],
    )


@after(stay_silent)
def silence_is_noted_of_an_idle_session(
    old: State, s: State, *, x: Session, answer: Answer
) -> bool:
    """A time-out passes for an open session, and only while it has no turn in flight."""
    return answer == (Answer.OK if old.opened[x] else Answer.UNKNOWN_SESSION) and implies(
        answer == Answer.OK, s.stale[x] == (old.in_flight[x] == NIL)
    )
