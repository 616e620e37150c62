"""Cases: interesting situations that must be reachable, or the invariants say too little.

Each is a condition on an action's arguments in the state just before that action happens.
"""

from __future__ import annotations

from spec.language import NIL, Len, sometimes
from spec.moves import (
    abort_first,
    abort_nth,
    abort_waiting,
    decode,
    end_close,
    extend,
    finish,
    pre_abort,
    reserve,
    resume,
    retract,
    start,
)
from spec.requests import close, submit
from spec.state import Edit, Session, State, Turn, Why, has_slot, history_len


@sometimes(start)
def a_session_starts_again_after_an_abort_wiped_it(s: State, t: Turn) -> bool:
    """A turn starts without KV though its session has finished turns."""
    return history_len(s, s.session[t]) != 0


@sometimes(start)
def a_retracted_first_turn_starts_again(s: State, t: Turn) -> bool:
    """A first turn that already has output starts a second time."""
    return history_len(s, s.session[t]) == 0 and s.prompt[t] < s.tokens[t]


@sometimes(resume)
def a_resume_frees_a_tail(s: State, t: Turn) -> bool:
    """The slot holds a page beyond the prefix that the next turn reuses."""
    r = s.slot[s.session[t]]
    return s.pages(s.committed[r]) < s.pages(s.allocated[r])


@sometimes(resume)
def a_partial_page_survives_a_resume(s: State, t: Turn) -> bool:
    """The tail begins inside a page that also holds committed tokens."""
    r = s.slot[s.session[t]]
    return s.committed[r] < s.allocated[r] and s.pages(s.committed[r]) == s.pages(s.allocated[r])


@sometimes(resume)
def a_slot_holds_all_of_the_last_turn(s: State, t: Turn) -> bool:
    """Every token of the last turn is committed, and the next turn adds only one."""
    x = s.session[t]
    return s.committed[s.slot[x]] == history_len(s, x) and s.tokens[t] == history_len(s, x) + 1


@sometimes(resume)
def a_retracted_turn_resumes(s: State, t: Turn) -> bool:
    """A turn with output goes on from its slot's KV."""
    return s.prompt[t] < s.tokens[t]


@sometimes(extend)
def a_prefill_is_cut_into_chunks(s: State, t: Turn, upto: Len) -> bool:
    """An extend stops short of the prompt."""
    return upto < s.prompt[t]


@sometimes(reserve)
def a_reserve_fills_a_partial_page(s: State, t: Turn, upto: Len) -> bool:
    """A reservation needs no new page."""
    return s.pages(s.allocated[s.row[t]]) == s.pages(upto)


@sometimes(decode)
def two_turns_decode_side_by_side(s: State, t: Turn) -> bool:
    """While a turn decodes, another session's turn has output as well."""
    return not s.forall(Turn, lambda u: u == t or s.row[u] == NIL or not s.prompt[u] < s.tokens[u])


@sometimes(retract)
def a_resumed_turn_is_retracted(s: State, t: Turn) -> bool:
    """A turn that borrowed a slot is retracted."""
    return has_slot(s, t)


@sometimes(retract)
def a_retract_cuts_inside_a_page(s: State, t: Turn) -> bool:
    """What stays with the slot ends inside a page, and later pages go."""
    n = min(s.committed[s.row[t]], history_len(s, s.session[t]))
    return (
        has_slot(s, t) and 0 < n and s.pages(n) == s.pages(n + 1) < s.pages(s.allocated[s.row[t]])
    )


@sometimes(abort_first)
def a_first_turn_is_aborted_between_chunks(s: State, t: Turn) -> bool:
    """A first turn is aborted after a part of its prompt was computed."""
    return 0 < s.committed[s.row[t]] < s.prompt[t]


@sometimes(abort_first)
def a_first_turn_is_aborted_while_decoding(s: State, t: Turn) -> bool:
    """A first turn is aborted after some output."""
    return s.prompt[t] < s.tokens[t]


@sometimes(abort_nth)
def an_nth_turn_is_aborted_in_its_prefill(s: State, t: Turn) -> bool:
    """A later turn is aborted before all of its prompt was computed."""
    return s.committed[s.row[t]] < s.prompt[t]


@sometimes(abort_nth)
def an_nth_turn_is_aborted_while_decoding(s: State, t: Turn) -> bool:
    """A later turn is aborted after some output."""
    return s.prompt[t] < s.tokens[t]


@sometimes(abort_waiting)
def a_retracted_turn_is_aborted(s: State, t: Turn) -> bool:
    """A turn is aborted while it waits to run again."""
    return s.prompt[t] < s.tokens[t]


@sometimes(pre_abort)
def a_too_long_turn_meets_a_slot(s: State, t: Turn, why: Why) -> bool:
    """A turn that can never run is turned away although its session holds KV."""
    return why == Why.TOO_LONG and has_slot(s, t)


@sometimes(finish)
def a_turn_finishes_without_output(s: State, t: Turn) -> bool:
    """A turn that asked for no output finishes."""
    return s.tokens[t] == s.prompt[t]


@sometimes(finish)
def a_turn_stops_before_its_limit(s: State, t: Turn) -> bool:
    """A stop token ends a turn early."""
    return s.prompt[t] < s.tokens[t] < s.limit[t]


@sometimes(finish)
def a_finished_turn_leaves_an_allocated_tail(s: State, t: Turn) -> bool:
    """A location was reserved for a token that never came."""
    return s.committed[s.row[t]] < s.allocated[s.row[t]]


@sometimes(close)
def a_close_meets_a_running_turn(s: State, x: Session) -> bool:
    """A session is closed under its running turn."""
    return s.in_flight[x] != NIL and s.row[s.in_flight[x]] != NIL


@sometimes(end_close)
def a_deferred_close_gives_back_a_slot(s: State, x: Session) -> bool:
    """A close that waited finds KV to release."""
    return s.slot[x] != NIL


@sometimes(submit)
def a_second_turn_is_refused_while_one_runs(
    s: State, x: Session, t: Turn, new: Len, _max_new: Len, edit: Edit
) -> bool:
    """A turn is submitted while another of its session is in flight."""
    return s.in_flight[x] != NIL and t != s.in_flight[x] and new != 0 and edit == Edit.APPEND
