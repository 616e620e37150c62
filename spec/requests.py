"""Requests: what a client may ask. Every request is answered; a refused one changes nothing."""

from __future__ import annotations

from spec.kv import end_session
from spec.language import NIL, Len, request
from spec.state import Answer, Edit, Session, State, Turn, attached, history_len, live


@request
def open(s: State, x: Session) -> Answer:
    """Begin a session."""
    if s.opened[x]:
        return Answer.ALREADY_OPEN
    s.opened[x] = True
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


@request
def submit(s: State, x: Session, t: Turn, new: Len, max_new: Len, edit: Edit) -> Answer:
    """Add a turn: the last finished turn's tokens and `new` more, asking for at most `max_new`."""
    answer = refusal(s, x, t, new, edit)
    if answer == Answer.OK:
        s.session[t], s.in_flight[x] = x, t
        s.prompt[t] = history_len(s, x) + new
        s.tokens[t] = s.prompt[t]
        s.limit[t] = s.prompt[t] + max_new
    return answer


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
