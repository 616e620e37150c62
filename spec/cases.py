"""Cases: interesting situations that must be reachable, or the invariants say too little.

Each is a condition on an action's arguments in the state just before that action happens.
"""

from __future__ import annotations

from spec.invariants import available, uncached
from spec.kv import reusable
from spec.language import NIL, Index, Len, sometimes
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
from spec.requests import close, generate, stay_silent, submit
from spec.state import (
    Edit,
    Namespace,
    Prefix,
    Session,
    State,
    Text,
    Turn,
    Why,
    has_slot,
    history_len,
    prompt_page,
    unread,
)


@sometimes(start)
def a_session_starts_again_after_its_kv_was_wiped(s: State, t: Turn, hit: Index) -> bool:
    """A turn starts without KV of its own though its session has finished turns."""
    return history_len(s, s.session[t]) != 0 and hit == 0


@sometimes(start)
def a_wiped_session_finds_its_prompt_in_the_tree(s: State, t: Turn, hit: Index) -> bool:
    """After an abort or a reclaim, what was published is not computed again."""
    return history_len(s, s.session[t]) != 0 and hit != 0


@sometimes(start)
def a_retracted_first_turn_starts_again(s: State, t: Turn, hit: Index) -> bool:
    """A first turn that already has output starts a second time."""
    return history_len(s, s.session[t]) == 0 and s.prompt[t] < s.tokens[t] and hit == 0


@sometimes(start)
def two_rows_share_a_node(s: State, t: Turn, hit: Index) -> bool:
    """A turn reads what another session's row has locked."""
    return hit != 0 and s.locks[prompt_page(s, s.session[t], 0)] != 0


@sometimes(start)
def a_prompt_shares_only_its_beginning(s: State, t: Turn, hit: Index) -> bool:
    """Two texts part after a page that both say: a radix tree would split a node here."""
    x = s.session[t]
    return (
        hit != 0
        and hit < s.whole(s.text_len[x])
        and not s.forall(
            Prefix,
            lambda c: (
                s.cached[c] == NIL
                or s.last[c] < hit
                or c == prompt_page(s, x, s.last[c])
                or s.ancestor[c, 0] != prompt_page(s, x, 0)
            ),
        )
    )


@sometimes(start)
def a_recurrent_state_is_taken(s: State, t: Turn, hit: Index) -> bool:
    """A turn of a hybrid model begins."""
    return s.hybrid and hit == 0


@sometimes(start)
def a_recurrent_state_is_copied_from_the_tree(s: State, t: Turn, hit: Index) -> bool:
    """A turn of a hybrid model goes on from what another one published."""
    return s.hybrid and hit != 0


@sometimes(start)
def the_tree_lacks_a_state_for_its_pages(s: State, t: Turn, hit: Index) -> bool:
    """The first page of the prompt is in the tree, and is of no use: no state goes with it."""
    c = prompt_page(s, s.session[t], 0)
    return s.hybrid and hit == 0 and s.cached[c] != NIL and s.kept[c] == NIL


@sometimes(publish)
def only_a_state_is_missing_in_the_tree(s: State, t: Turn) -> bool:
    """All pages are in the tree, and only the recurrent state is new."""
    x = s.session[t]
    c = prompt_page(s, x, s.whole(s.text_len[x]) - 1)
    return s.hybrid and s.cached[c] != NIL and s.kept[c] == NIL


@sometimes(publish)
def a_state_was_kept_meanwhile(s: State, t: Turn) -> bool:
    """The tree already keeps the state that a turn computed for itself: it takes no other."""
    x = s.session[t]
    return s.kept[prompt_page(s, x, s.whole(s.text_len[x]) - 1)] != NIL


@sometimes(publish)
def a_prompt_was_published_meanwhile(s: State, t: Turn) -> bool:
    """The tree already has what a turn computed for itself: its own page is freed."""
    x = s.session[t]
    return s.cached[prompt_page(s, x, s.whole(s.protected[s.row[t]]))] != NIL


@sometimes(publish)
def a_wiped_session_publishes_again(s: State, t: Turn) -> bool:
    """A later turn that started without KV shares the first prompt's pages."""
    return s.req_nodes[s.session[t]] != NIL


@sometimes(evict)
def a_node_is_evicted(s: State, c: Prefix) -> bool:
    """Nobody locks a cached page, and it is dropped."""
    return s.last[c] == 0


@sometimes(evict)
def a_leaf_is_evicted_beside_others(s: State, c: Prefix) -> bool:
    """A node goes while nodes above it, and of other texts, stay."""
    return s.last[c] != 0 and not s.forall(
        Prefix, lambda d: s.cached[d] == NIL or s.last[d] < s.last[c] or d == c
    )


@sometimes(evict)
def a_text_is_evicted_from_its_end(s: State, c: Prefix) -> bool:
    """The last page of the only text in the tree goes, and those before it stay."""
    return s.last[c] != 0 and s.forall(
        Prefix,
        lambda d: s.cached[d] == NIL or (s.last[d] <= s.last[c] and s.ancestor[c, s.last[d]] == d),
    )


@sometimes(evict)
def a_kept_state_is_evicted(s: State, c: Prefix) -> bool:
    """A recurrent state comes free with the page at whose end it stands."""
    return s.kept[c] != NIL


@sometimes(reclaim)
def a_slot_is_wiped_while_its_turn_waits(s: State, x: Session) -> bool:
    """Memory pressure strikes between submit and resume."""
    return s.in_flight[x] != NIL


@sometimes(reclaim)
def a_slot_is_wiped_under_pressure(s: State, x: Session) -> bool:
    """Another session's turn runs, and no page is left."""
    return available(s) == 0 and uncached(s) != 0


@sometimes(time_out)
def a_session_times_out_with_kv(s: State, x: Session) -> bool:
    """A forgotten session gives its KV back."""
    return s.slot[x] != NIL


@sometimes(stay_silent)
def a_turn_in_flight_stops_the_clock(s: State, x: Session) -> bool:
    """The client is silent, but its turn is not over."""
    return s.in_flight[x] != NIL


@sometimes(decode)
def a_token_in_the_air_is_decoded(s: State, t: Turn) -> bool:
    """With overlap, a batch is launched for a token that is not read yet."""
    return unread(s, s.row[t])


@sometimes(collect)
def two_batches_are_unread(s: State, t: Turn) -> bool:
    """The result of a batch is read after the next one was launched."""
    return s.tokens[t] < s.launched[s.row[t]]


@sometimes(collect)
def an_abort_waits_for_a_launched_batch(s: State, t: Turn) -> bool:
    """A turn is to be aborted while a batch may still read its pages."""
    return s.aborting[t]


@sometimes(verify)
def a_draft_is_rejected(s: State, t: Turn, drafts: Len, accepted: Len) -> bool:
    """KV of a wrong guess is left in the tail."""
    return accepted < drafts and s.prompt[t] < s.tokens[t]


@sometimes(verify)
def drafts_overshoot_the_limit(s: State, t: Turn, drafts: Len, accepted: Len) -> bool:
    """More tokens are accepted than were asked for."""
    return s.limit[t] < s.tokens[t] + accepted + 1 and drafts != 0


@sometimes(finish)
def an_overshoot_is_trimmed(s: State, t: Turn, n: Len) -> bool:
    """KV was committed past the stop."""
    return n < s.committed[s.row[t]]


@sometimes(finish)
def a_finish_cannot_keep_its_kv(s: State, t: Turn, n: Len) -> bool:
    """An overshoot has moved the window, or a recurrent state, past the stop."""
    return not reusable(s, s.row[t], n)


@sometimes(slide)
def a_window_moves_on(s: State, t: Turn, upto: Len) -> bool:
    """Window KV is freed a second time in a row."""
    return s.protected[s.row[t]] < s.cursor[s.row[t]] < upto


@sometimes(resume)
def a_windowed_slot_resumes(s: State, t: Turn) -> bool:
    """A turn goes on from a slot whose early window KV is gone."""
    r = s.slot[s.session[t]]
    return s.protected[r] < s.cursor[r]


@sometimes(generate)
def a_plain_request_meets_sessions(
    s: State, x: Session, t: Turn, new: Len, max_new: Len, namespace: Namespace, text: Text
) -> bool:
    """A plain request is made beside an open session."""
    return new != 0 and not s.forall(Session, lambda y: not s.opened[y])


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
    n = s.least(s.committed[s.row[t]], history_len(s, s.session[t]))
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
def a_turn_finishes_without_output(s: State, t: Turn, n: Len) -> bool:
    """A turn that asked for no output finishes."""
    return n == s.prompt[t]


@sometimes(finish)
def a_turn_stops_before_its_limit(s: State, t: Turn, n: Len) -> bool:
    """A stop token ends a turn early."""
    return s.prompt[t] < n < s.limit[t]


@sometimes(finish)
def a_finished_turn_leaves_an_allocated_tail(s: State, t: Turn, n: Len) -> bool:
    """A location was reserved for a token that never came."""
    return s.committed[s.row[t]] < s.least(s.allocated[s.row[t]], n)


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
    s: State, x: Session, t: Turn, new: Len, max_new: Len, edit: Edit, text: Text
) -> bool:
    """A turn is submitted while another of its session is in flight."""
    return s.in_flight[x] != NIL and t != s.in_flight[x] and new != 0 and edit == Edit.APPEND
