"""Changes: what an action must leave alone, seen in the states before and after it."""

from __future__ import annotations

from spec.language import NIL, Index, Len, after, implies
from spec.moves import (
    abort_first,
    abort_nth,
    abort_waiting,
    collect,
    decode,
    end_close,
    evict,
    extend,
    finish,
    pre_abort,
    publish,
    reclaim,
    reserve,
    resume,
    retract,
    slide,
    start,
    time_out,
    verify,
)
from spec.requests import abort, close, generate, open, stay_silent, submit
from spec.state import (
    Page,
    Prefix,
    Row,
    Session,
    State,
    Turn,
    Why,
    attached,
    history_len,
    lent,
    unread,
    waiting,
)

RUN = (start, resume, reserve, extend, decode, collect, verify, slide, publish)
"""Moves that let a turn get on."""

END = (finish, retract, pre_abort, abort_waiting, abort_first, abort_nth)
"""Moves that end a turn, or take its memory back."""


# -- isolation: what happens to one session is nothing to another ----------------------------------


def same_session(old: State, s: State, x: Session) -> bool:
    """Session `x` is as it was: its turns, its text, its row."""
    return (
        s.opened[x] == old.opened[x]
        and s.closing[x] == old.closing[x]
        and s.namespace[x] == old.namespace[x]
        and s.text[x] == old.text[x]
        and s.text_len[x] == old.text_len[x]
        and s.in_flight[x] == old.in_flight[x]
        and s.req_nodes[x] == old.req_nodes[x]
        and s.slot[x] == old.slot[x]
    )


def same_turn(old: State, s: State, t: Turn) -> bool:
    """Turn `t` is as it was."""
    return (
        s.session[t] == old.session[t]
        and s.prompt[t] == old.prompt[t]
        and s.tokens[t] == old.tokens[t]
        and s.limit[t] == old.limit[t]
        and s.aborting[t] == old.aborting[t]
        and s.row[t] == old.row[t]
    )


def same_row(old: State, s: State, r: Row) -> bool:
    """Row `r` holds what it held."""
    return (
        s.holder[r] == old.holder[r]
        and s.protected[r] == old.protected[r]
        and s.committed[r] == old.committed[r]
        and s.launched[r] == old.launched[r]
        and s.allocated[r] == old.allocated[r]
        and s.cursor[r] == old.cursor[r]
        and s.recurrent[r] == old.recurrent[r]
    )


@after(submit, generate, open, close, stay_silent, end_close, time_out, reclaim)
def other_sessions_notice_nothing(old: State, s: State, y: Session, *, x: Session) -> bool:
    """What is asked of one session, or done to it, changes no other."""
    return implies(y != x, same_session(old, s, y))


@after(abort, *RUN, *END)
def other_sessions_notice_nothing_of_a_turn(old: State, s: State, y: Session, *, t: Turn) -> bool:
    """What happens to a turn concerns its own session only."""
    return implies(y != old.session[t], same_session(old, s, y))


@after(submit, generate, open, close, stay_silent, end_close, time_out, reclaim)
def other_sessions_turns_go_on(old: State, s: State, u: Turn, *, x: Session) -> bool:
    """Turns of other sessions keep their tokens and rows."""
    return implies(attached(old, u) and old.session[u] != x, same_turn(old, s, u))


@after(abort, *RUN, *END)
def other_turns_go_on(old: State, s: State, u: Turn, *, t: Turn) -> bool:
    """Turns of other sessions keep their tokens and rows, whatever happens to this one."""
    return implies(attached(old, u) and old.session[u] != old.session[t], same_turn(old, s, u))


@after(submit, generate, open, close, stay_silent, end_close, time_out, reclaim)
def other_sessions_keep_their_kv(old: State, s: State, r: Row, i: Index, *, x: Session) -> bool:
    """Rows of other sessions keep their lengths, and list the same pages."""
    return implies(
        old.holder[r] != NIL and old.holder[r] != x,
        same_row(old, s, r) and s.table[r, i] == old.table[r, i],
    )


@after(abort, *RUN, *END)
def other_turns_keep_their_kv(old: State, s: State, r: Row, i: Index, *, t: Turn) -> bool:
    """Rows of other sessions keep their lengths, and list the same pages, whatever a turn does."""
    return implies(
        old.holder[r] != NIL and old.holder[r] != old.session[t],
        same_row(old, s, r) and s.table[r, i] == old.table[r, i],
    )


# -- a turn's end, and what outlives it ------------------------------------------------------------


@after(submit, abort, stay_silent, *RUN, retract, pre_abort, abort_waiting, abort_first, abort_nth,
       reclaim, evict)  # fmt: skip
def only_finish_and_close_move_req_nodes(old: State, s: State, x: Session) -> bool:
    """Submit, abort, refusal, retract and reclaim keep the last finished turn (PR 22790)."""
    return s.req_nodes[x] == old.req_nodes[x] and implies(
        s.req_nodes[x] != NIL, s.tokens[s.req_nodes[x]] == old.tokens[s.req_nodes[x]]
    )


@after(submit, abort, pre_abort, abort_waiting)
def a_turn_that_never_ran_leaves_slots_alone(old: State, s: State) -> bool:
    """Submit, pre-abort, abort of a waiting turn touch no slot, row or page (P5 of PR 22790)."""
    return s.same_as(
        old,
        "slot",
        "holder",
        "committed",
        "allocated",
        "table",
        "owner",
        "recurrent",
        "locks",
        "kept",
    )


@after(abort_waiting, abort_first, abort_nth)
def only_what_was_to_be_aborted_is(old: State, s: State, x: Session) -> bool:
    """A turn ends without an answer only if its client asked for that."""
    return implies(
        old.in_flight[x] != NIL and s.in_flight[x] == NIL, old.aborting[old.in_flight[x]]
    )


@after(abort_first, abort_nth)
def an_aborted_turn_is_over(old: State, s: State, t: Turn) -> bool:
    """The abort of a running turn takes its row, and lets its session go on."""
    return implies(old.row[t] != s.row[t], s.session[t] == NIL)


@after(end_close)
def only_what_was_to_be_closed_is(old: State, s: State, x: Session) -> bool:
    """The scheduler closes no session of its own accord."""
    return implies(old.opened[x] and not s.opened[x], old.closing[x])


@after(finish)
def a_client_gets_what_it_asked_for(old: State, s: State, *, t: Turn, n: Len, answer: Len) -> bool:
    """The output follows the prompt; some, if any was asked for; no more is cut than may."""
    return (
        s.req_nodes[old.session[t]] == t
        and s.tokens[t] == n
        and s.prompt[t] == old.prompt[t]
        and s.prompt[t] + answer == n
        and (answer != 0 or s.limit[t] == s.prompt[t])
        and n <= old.tokens[t] <= n + s.lookahead
    )


@after(pre_abort)
def a_turn_is_turned_away_for_the_reason_told(old: State, s: State, *, t: Turn, why: Why) -> bool:
    """A turn that is turned away is too long, too large, or more wait than may."""
    return (
        (why == Why.TOO_LONG) == (s.context_len < old.limit[t])
        and implies(why == Why.NO_ROOM, s.num(Page) < s.pages(old.limit[t]))
        and implies(why == Why.QUEUE_FULL, s.queue_limit < s.count(Turn, lambda u: waiting(old, u)))
        and s.session[t] == NIL
    )


@after(pre_abort)
def a_client_that_aborted_is_told_no_other_reason(old: State, s: State, *, t: Turn) -> bool:
    """A turn whose end was asked for ends as aborted, even if it could never run."""
    return not old.aborting[t] and s.in_flight[old.session[t]] == NIL


def of_use(s: State, r: Row, n: Len) -> bool:
    """A turn could go on from the first `n` tokens of row `r`: its layers still have what it takes.

    This says again what `reusable` says, since a judge does not ask the judged.
    """
    return (
        not (s.cursor[r] != s.protected[r] and n < s.cursor[r] + s.window)
        and not (s.recurrent[r] != NIL and n < s.committed[r])
    )  # fmt: skip


@after(finish)
def a_finish_keeps_what_is_of_use(old: State, s: State, *, t: Turn, n: Len) -> bool:
    """The slot gets the turn's KV, unless window or recurrent state are past its end."""
    return (s.slot[old.session[t]] == old.row[t]) == of_use(old, old.row[t], n)


@after(retract)
def a_retract_keeps_what_is_of_use(old: State, s: State, *, t: Turn) -> bool:
    """A slot gets back what it lent, unless window or recurrent state are past its end."""
    x = old.session[t]
    return implies(
        old.slot[x] != NIL,
        (s.slot[x] == old.slot[x]) == of_use(old, old.row[t], history_len(old, x)),
    ) and implies(old.slot[x] == NIL, s.slot[x] == NIL)


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


@after(resume)
def a_resume_frees_all_of_the_tail(old: State, s: State, t: Turn) -> bool:
    """The turn goes on where final KV ends: beyond that nothing is allocated (PR 22862)."""
    return implies(s.row[t] != old.row[t], s.allocated[s.row[t]] == s.committed[s.row[t]])


@after(resume)
def a_resume_keeps_what_is_committed(old: State, s: State, r: Row) -> bool:
    """Freeing the tail costs no committed token: the logit reserve is taken once (PR 22862)."""
    return s.committed[r] == old.committed[r]


@after(start, resume, extend, decode, verify)
def nothing_is_begun_for_a_turn_to_be_aborted(old: State, s: State, t: Turn) -> bool:
    """Once a turn's abort was asked for, it gets no row and no batch."""
    return implies(
        old.aborting[t],
        s.row[t] == old.row[t]
        and (s.row[t] == NIL or s.launched[s.row[t]] == old.launched[s.row[t]]),
    )


@after(decode)
def no_token_is_decoded_that_nobody_asked_for(old: State, s: State, t: Turn) -> bool:
    """A batch is launched only where its token is within the limit."""
    return implies(
        old.row[t] != NIL and s.launched[old.row[t]] != old.launched[old.row[t]],
        old.launched[old.row[t]] + 1 <= old.tokens[t] < old.limit[t]
        or old.launched[old.row[t]] + 1 < old.limit[t],
    )


@after(verify)
def a_round_goes_on_from_known_kv(old: State, s: State, t: Turn) -> bool:
    """Drafts follow output of which all but the last token's KV is final; no recurrent state."""
    return implies(
        s.tokens[t] != old.tokens[t],
        old.prompt[t] < old.tokens[t]
        and old.committed[old.row[t]] + 1 == old.tokens[t]
        and old.recurrent[old.row[t]] == NIL,
    )


@after(collect, verify)
def a_token_follows_when_all_kv_is_known(old: State, s: State, t: Turn) -> bool:
    """The model yields a token only after the KV of all tokens before it was computed."""
    return implies(
        s.tokens[t] != old.tokens[t],
        old.tokens[t] < s.tokens[t] and s.committed[s.row[t]] + 1 == s.tokens[t],
    )


@after(*RUN, retract, pre_abort, abort_waiting, abort_first, abort_nth, finish, reclaim, evict)
def a_finished_turn_keeps_its_tokens(old: State, s: State, t: Turn) -> bool:
    """What a client was told stays the history, until another turn finishes."""
    return implies(s.req_nodes[old.session[t]] == t and old.in_flight[old.session[t]] != t,
                   s.tokens[t] == old.tokens[t])  # fmt: skip


@after(reclaim, evict, time_out)
def memory_pressure_takes_nothing_from_a_running_turn(old: State, s: State, x: Session) -> bool:
    """Reclaim, eviction and time-out leave the rows of running turns alone."""
    return implies(
        lent(old, x),
        s.holder[old.row[old.in_flight[x]]] == x
        and s.row[s.in_flight[x]] == old.row[old.in_flight[x]]
        and s.committed[old.row[old.in_flight[x]]] == old.committed[old.row[old.in_flight[x]]],
    )


@after(retract, abort_first, abort_nth, finish, publish, reclaim, end_close, evict, time_out, close)
def nothing_is_freed_that_a_launched_batch_reads(old: State, s: State, r: Row, i: Index) -> bool:
    """Pages of a row with an unread batch stay where they are."""
    return implies(
        unread(old, r) and i < old.pages(old.allocated[r]),
        s.table[r, i] == old.table[r, i]
        and s.owner[old.table[r, i]] == old.owner[old.table[r, i]]
        and s.node[old.table[r, i]] == old.node[old.table[r, i]],
    )


@after(evict)
def a_locked_node_stays(old: State, s: State, c: Prefix) -> bool:
    """Eviction drops only what nobody locks."""
    return implies(old.locks[c] != 0, s.cached[c] == old.cached[c])


@after(start, publish, *END, reclaim, end_close, time_out, close)
def the_tree_keeps_its_states(old: State, s: State, c: Prefix) -> bool:
    """A row that starts from a kept state, or publishes or releases one, leaves it where it was."""
    return implies(
        old.kept[c] != NIL,
        s.kept[c] == old.kept[c] and s.summed[s.kept[c]] == old.summed[old.kept[c]],
    )


@after(resume, extend, decode, collect, verify, slide, publish)
def a_running_turn_loses_no_kv(old: State, s: State, r: Row) -> bool:
    """Whatever moves a turn on, what is committed stays so."""
    return old.committed[r] <= s.committed[r]


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
