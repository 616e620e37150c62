"""Requests: what a client may ask. Every request is answered; a refused one changes nothing."""

from __future__ import annotations

from spec.kv import end_session
from spec.language import NIL, Len, request
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


@request
def open(s: State, x: Session, namespace: Namespace) -> Answer:
    """Begin a session. KV is shared within its namespace only: one adapter, extra key and salt."""
    if s.opened[x]:
        return Answer.ALREADY_OPEN
    s.opened[x], s.namespace[x] = True, namespace
    return Answer.OK


def refusal(s: State, x: Session, t: Turn, new: Len, edit: Edit) -> Answer:
    """Why a turn cannot even be created (P1, P2 of PR 22790), or OK."""
    if attached(s, t):
        return Answer.DUPLICATE_TURN
    if not s.opened[x]:
        return Answer.UNKNOWN_SESSION
    if s.closing[x]:
        return Answer.CLOSING
    if edit == Edit.REPLACE:
        return Answer.REPLACE
    if edit == Edit.DROP_PREVIOUS_OUTPUT:
        return Answer.DROP_PREVIOUS_OUTPUT
    if edit == Edit.OFFSET:
        return Answer.OFFSET
    if new == 0:
        return Answer.EMPTY_INPUT
    if s.in_flight[x] != NIL:
        return Answer.IN_FLIGHT
    return Answer.OK


def admit(s: State, x: Session, t: Turn, new: Len, max_new: Len, text: Text) -> None:
    """Put a turn in flight. The first one that finishes says what the session's text is."""
    if s.req_nodes[x] == NIL:
        s.text[x], s.text_len[x] = text, new
    s.session[t], s.in_flight[x], s.stale[x] = x, t, False
    s.prompt[t] = history_len(s, x) + new
    s.tokens[t] = s.prompt[t]
    s.limit[t] = s.prompt[t] + max_new


@request
def submit(s: State, x: Session, t: Turn, new: Len, max_new: Len, edit: Edit, text: Text) -> Answer:
    """Add a turn: the last finished turn's tokens and `new` more, asking for at most `max_new`.

    The new tokens of a first prompt are the first of `text`; those of a later one are like no
    other's.
    """
    answer = refusal(s, x, t, new, edit)
    if answer == Answer.OK:
        admit(s, x, t, new, max_new, text)
    return answer


@request
def generate(
    s: State, x: Session, t: Turn, new: Len, max_new: Len, namespace: Namespace, text: Text
) -> Answer:
    """Make a plain request: a session `x` of its own, which closes when its one turn ends."""
    if s.opened[x]:
        return Answer.ALREADY_OPEN
    if attached(s, t):
        return Answer.DUPLICATE_TURN
    if new == 0:
        return Answer.EMPTY_INPUT
    s.opened[x], s.namespace[x], s.closing[x] = True, namespace, True
    admit(s, x, t, new, max_new, text)
    return Answer.OK


@request
def abort(s: State, t: Turn) -> Answer:
    """Ask for the end of a turn; the scheduler ends it when it next looks."""
    if not live(s, t):
        return Answer.UNKNOWN_TURN
    s.aborting[t] = True
    return Answer.OK


@request
def close(s: State, x: Session) -> Answer:
    """End a session: at once when no turn is in flight, otherwise when that turn ends."""
    if not s.opened[x]:
        return Answer.UNKNOWN_SESSION
    if s.in_flight[x] != NIL:
        s.closing[x] = True
    else:
        end_session(s, x)
    return Answer.OK


@request
def stay_silent(s: State, x: Session) -> Answer:
    """Ask nothing of a session for as long as its time-out; a turn in flight stops that clock."""
    if not s.opened[x]:
        return Answer.UNKNOWN_SESSION
    if s.in_flight[x] == NIL:
        s.stale[x] = True
    return Answer.OK
