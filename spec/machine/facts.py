"""Facts: what is worth telling apart when an action happens, each as a sentence about the state.

An abstract transition is an action with its answer and with which of its facts hold just before it.
A fact speaks of no size, so that a transition of a large world is known from small ones. It asks by
name for what it speaks of: arguments of the action, or the session `x`, the turn `t` and the row
`r` that the action concerns. Their order here is their order everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from spec.kv import reusable
from spec.language import NIL, Action, Index, Len, Rule
from spec.moves import (
    abort_first,
    abort_nth,
    abort_waiting,
    collect,
    decode,
    end_close,
    evict,
    extend,
    extends,
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
    too_large,
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
    is_free,
    lent,
    prompt_page,
    running,
    unread,
    waiting,
)


@dataclass(frozen=True, eq=False)
class Fact(Rule):
    """What may hold or not of what the given actions concern; its name is the sentence."""

    actions: tuple[Action, ...] = ()

    @property
    def sentence(self) -> str:
        """The fact in words."""
        return self.name.replace("_", " ")


def before(*actions: Action) -> Callable[[Callable[..., bool]], Fact]:
    """Declare what is told apart just before the given actions."""
    return lambda run: Fact(run, actions=actions)


ABORTS = (abort_first, abort_nth)
ENDS = (*ABORTS, finish, retract)
COMPUTE = (extend, decode, collect, verify)
CLOSES = (close, end_close, time_out)


# -- the session


@before(submit, close, start, publish, pre_abort, abort_waiting, abort_first, end_close, time_out)
def its_session_has_finished_a_turn(s: State, x: Session) -> bool:
    """There is a history to go on from."""
    return s.req_nodes[x] != NIL


@before(submit, abort, stay_silent, reserve, *COMPUTE, slide, publish, finish, retract, pre_abort,
        abort_waiting, *CLOSES)  # fmt: skip
def its_session_has_a_slot(s: State, x: Session) -> bool:
    """KV was kept from earlier turns."""
    return s.slot[x] != NIL


@before(open, submit, abort, close, resume, collect, publish, pre_abort, abort_waiting, reclaim)
def its_session_is_closing(s: State, x: Session) -> bool:
    """It ends with the turn in flight, and so does every plain request."""
    return s.closing[x]


@before(open, submit, close, stay_silent, reclaim)
def its_session_is_stale(s: State, x: Session) -> bool:
    """Its time-out has passed."""
    return s.stale[x]


@before(close, stay_silent, reclaim)
def its_session_has_a_turn_in_flight(s: State, x: Session) -> bool:
    """A turn has neither finished nor aborted."""
    return s.in_flight[x] != NIL


@before(submit, close, stay_silent)
def its_session_has_a_running_turn(s: State, x: Session) -> bool:
    """Its turn in flight has a row."""
    return lent(s, x)


# -- the turn


@before(abort)
def the_turn_runs(s: State, t: Turn) -> bool:
    """It has a row."""
    return running(s, t)


@before(abort, start, resume, extend, collect, slide, publish, *ABORTS, retract, pre_abort,
        abort_waiting, reclaim)  # fmt: skip
def the_turn_has_output(s: State, t: Turn) -> bool:
    """It has run already, and was retracted if it waits."""
    return s.prompt[t] < s.tokens[t]


@before(abort, reserve, collect, slide)
def the_turn_is_to_be_aborted(s: State, t: Turn) -> bool:
    """Its client has asked for its end."""
    return s.aborting[t]


@before(decode, collect, verify)
def the_turn_is_at_its_last_token(s: State, t: Turn) -> bool:
    """One more token, and nothing more was asked for."""
    return s.limit[t] <= s.tokens[t] + 1


@before(*ABORTS, retract)
def the_prompt_is_not_computed(s: State, t: Turn, r: Row) -> bool:
    """The turn is still in its prefill."""
    return s.committed[r] < s.prompt[t]


@before(pre_abort)
def the_turn_does_not_fit_the_pool(s: State, t: Turn) -> bool:
    """Not even alone."""
    return too_large(s, t)


# -- the row: the turn's, or the slot's while the turn waits


@before(close, resume, extend, verify, slide, publish, *ENDS, abort_waiting, end_close,
        time_out, reclaim)  # fmt: skip
def the_tree_holds_its_beginning(s: State, r: Row) -> bool:
    """The row reads pages of the radix tree, and locks them."""
    return s.protected[r] != 0


@before(resume, decode, verify, slide, *ENDS, end_close, time_out, reclaim)
def its_window_has_moved(s: State, r: Row) -> bool:
    """Sliding-window KV of early pages is gone."""
    return s.protected[r] < s.cursor[r]


@before(resume, extend, decode, publish, *ENDS, end_close, time_out, reclaim)
def it_has_a_recurrent_state(s: State, r: Row) -> bool:
    """The model has recurrent layers."""
    return s.recurrent[r] != NIL


@before(abort, close, reserve, extend, decode, slide)
def a_batch_is_unread(s: State, r: Row) -> bool:
    """What was launched may still read and write the row's pages."""
    return unread(s, r)


@before(collect)
def a_second_batch_is_unread(s: State, t: Turn, r: Row) -> bool:
    """The next token is being decoded before this one is read."""
    return s.tokens[t] < s.launched[r]


@before(resume, extend)
def its_kv_ends_inside_a_page(s: State, r: Row) -> bool:
    """The last page with a committed token has room for more."""
    return s.length(s.whole(s.committed[r])) < s.committed[r]


@before(resume)
def it_has_a_tail(s: State, r: Row) -> bool:
    """More is allocated than committed."""
    return s.committed[r] < s.allocated[r]


@before(*ABORTS, retract)
def it_has_pages_of_tail(s: State, r: Row) -> bool:
    """Whole pages are allocated and hold no committed token."""
    return s.pages(s.committed[r]) < s.pages(s.allocated[r])


# -- what the arguments ask for


@before(generate)
def no_output_is_asked_for(s: State, max_new: Len) -> bool:
    """Only KV is wanted."""
    return max_new == 0


@before(start)
def it_finds_pages_in_the_tree(s: State, hit: Index) -> bool:
    """Its row begins with what others computed."""
    return hit != 0


@before(start)
def the_tree_keeps_a_state_for_its_first_page(s: State, x: Session) -> bool:
    """A row of a hybrid model could go on from there."""
    return s.kept[prompt_page(s, x, 0)] != NIL


@before(start)
def others_read_what_it_finds(s: State, x: Session, hit: Index) -> bool:
    """Another row has locked the first page that it finds."""
    return hit != 0 and s.locks[prompt_page(s, x, 0)] != 0


@before(start)
def it_takes_all_that_the_tree_has(s: State, x: Session, hit: Index) -> bool:
    """The next page of its prompt is not there to be read."""
    return s.whole(s.text_len[x]) <= hit or s.cached[prompt_page(s, x, hit)] == NIL


@before(reserve)
def it_is_the_first_reservation(s: State, r: Row) -> bool:
    """The row holds no page of its own yet."""
    return s.allocated[r] == s.protected[r]


@before(reserve)
def it_needs_pages(s: State, r: Row, upto: Len) -> bool:
    """The last page does not take all that is asked for."""
    return s.pages(s.allocated[r]) < s.pages(upto)


@before(reserve)
def it_looks_ahead(s: State, t: Turn, upto: Len) -> bool:
    """Locations are taken for tokens that are not known yet."""
    return s.tokens[t] < upto


@before(extend)
def it_is_a_chunk(s: State, t: Turn, upto: Len) -> bool:
    """A part of what is missing is left for later."""
    return upto < s.tokens[t]


@before(extend)
def a_chunk_went_before(s: State, r: Row) -> bool:
    """Some of the KV that is missing from the tree was computed already."""
    return s.protected[r] < s.launched[r]


@before(collect)
def a_token_follows(s: State, t: Turn, r: Row) -> bool:
    """KV of all known tokens is read."""
    return s.tokens[t] <= s.launched[r] and s.tokens[t] < s.limit[t]


@before(verify)
def a_draft_is_right(s: State, accepted: Len) -> bool:
    """Some guess is accepted."""
    return accepted != 0


@before(verify)
def a_draft_is_wrong(s: State, drafts: Len, accepted: Len) -> bool:
    """KV of a wrong guess is left in the tail."""
    return accepted < drafts


@before(verify)
def it_overshoots(s: State, t: Turn, accepted: Len) -> bool:
    """More tokens are known than were asked for."""
    return s.limit[t] < s.tokens[t] + accepted + 1


@before(publish)
def the_tree_has_its_next_page(s: State, x: Session, r: Row) -> bool:
    """Another row has published the same meanwhile."""
    return s.cached[prompt_page(s, x, s.whole(s.protected[r]))] != NIL


@before(publish)
def the_tree_has_all_its_pages(s: State, x: Session) -> bool:
    """Nothing changes hands."""
    return s.cached[prompt_page(s, x, s.whole(s.text_len[x]) - 1)] != NIL


@before(publish)
def the_tree_keeps_its_state(s: State, x: Session) -> bool:
    """The recurrent state at the end of these pages is there, and no other is taken."""
    return s.kept[prompt_page(s, x, s.whole(s.text_len[x]) - 1)] != NIL


@before(finish)
def it_ends_without_output(s: State, t: Turn, n: Len) -> bool:
    """The turn ends where its prompt does."""
    return n == s.prompt[t]


@before(finish)
def it_stops_before_its_limit(s: State, t: Turn, n: Len) -> bool:
    """A stop token ends the turn."""
    return n < s.limit[t]


@before(finish)
def committed_kv_is_trimmed(s: State, r: Row, n: Len) -> bool:
    """Speculation or overlap went on past the stop."""
    return n < s.committed[r]


@before(finish)
def it_ends_inside_a_page(s: State, n: Len) -> bool:
    """What is kept leaves room in its last page."""
    return s.length(s.whole(n)) < n


@before(finish)
def it_gives_pages_back(s: State, r: Row, n: Len) -> bool:
    """Pages were allocated for tokens that never came, or are not kept."""
    return s.pages(n) < s.pages(s.allocated[r])


@before(finish)
def the_slot_can_keep_it(s: State, r: Row, n: Len) -> bool:
    """Window and recurrent state do not lie past the stop."""
    return reusable(s, r, n)


@before(pre_abort)
def it_is_too_long(s: State, why: Why) -> bool:
    """It fits no context."""
    return why == Why.TOO_LONG


@before(pre_abort)
def the_queue_is_full(s: State, why: Why) -> bool:
    """More turns wait than may."""
    return why == Why.QUEUE_FULL


# -- the rest of the machine


@before(open, generate)
def another_session_is_open(s: State, x: Session) -> bool:
    """Clients share the engine."""
    return not s.forall(Session, lambda y: y == x or not s.opened[y])


@before(submit, retract)
def another_turn_waits(s: State, t: Turn) -> bool:
    """There is a queue."""
    return not s.forall(Turn, lambda u: u == t or not waiting(s, u))


@before(start, decode, reclaim)
def another_turn_runs(s: State, t: Turn) -> bool:
    """Rows and pages are shared."""
    return not s.forall(Turn, lambda u: u == t or s.row[u] == NIL)


@before(reserve, reclaim, evict)
def no_page_is_free(s: State) -> bool:
    """Memory pressure."""
    return s.forall(Page, lambda p: not is_free(s, p))


@before(evict)
def it_begins_a_text(s: State, c: Prefix) -> bool:
    """It is the first page of a prompt."""
    return s.last[c] == 0


@before(evict)
def the_pages_before_it_are_locked(s: State, c: Prefix) -> bool:
    """A row reads what the dropped page follows."""
    return not s.forall(Prefix, lambda d: d == c or not extends(s, c, d) or s.locks[d] == 0)


@before(evict)
def other_pages_stay_in_the_tree(s: State, c: Prefix) -> bool:
    """It is not the last one."""
    return not s.forall(Prefix, lambda d: d == c or s.cached[d] == NIL)


@before(evict)
def its_window_kv_is_there(s: State, c: Prefix) -> bool:
    """The page has KV of the sliding-window layers."""
    return s.windowed[s.cached[c]]


@before(evict)
def its_recurrent_state_is_kept(s: State, c: Prefix) -> bool:
    """A state comes free with the page."""
    return s.kept[c] != NIL


@cache
def facts_before(action: str) -> tuple[Fact, ...]:
    """Return the facts of an action."""
    facts = [value for value in globals().values() if isinstance(value, Fact)]
    return tuple(fact for fact in facts if action in {each.name for each in fact.actions})
