"""Witnesses: for each property a change of the spec text, and an action that then violates it.

A property without one might be empty, or say again what the others say. The change is a mutant, by
its key, wherever one does it; no mutant writes to another session, to a slot that its turn does not
use, to what is in flight where a turn goes on, or to what is copied: those edits are by hand.
"""

# ruff: noqa: E501 - keys are the text itself

from __future__ import annotations

from spec.machine.variant import Edit

ENDS_ANY_STALE_SESSION = Edit(
    "moves",
    "    require(s.stale[x])\n    end_session(s, x)\n",
    "    require(s.stale[x])\n    end_session(s, s.choose(Session, lambda y: s.stale[y]))\n",
)
"""A time-out closes whichever session is stale."""

ENDS_ANY_ABORTED_TURN = Edit(
    "moves",
    "    require(waiting(s, t) and s.aborting[t])\n    detach(s, t)\n",
    "    require(waiting(s, t) and s.aborting[t])\n"
    "    detach(s, s.choose(Turn, lambda u: waiting(s, u) and s.aborting[u]))\n",
)
"""The abort of a waiting turn ends whichever waiting turn was to be aborted."""

WIPES_WHAT_A_WAITING_TURN_LEAVES = Edit(
    "moves",
    "    require(waiting(s, t) and s.aborting[t])\n",
    "    require(waiting(s, t) and s.aborting[t])\n"
    "    if has_slot(s, t):\n"
    "        wipe(s, s.session[t])\n",
)
"""The abort of a waiting turn wipes its session's KV, as that of a running turn does."""

COUNTS_A_RETRACT_AS_AN_END = Edit(
    "moves",
    "    s.row[t] = NIL\n    if s.slot[x] == NIL:\n",
    "    s.row[t], s.in_flight[x] = NIL, NIL\n    if s.slot[x] == NIL:\n",
)
"""A retracted turn is no longer in flight."""

MOVES_A_KEPT_STATE = Edit(
    "moves",
    "            s.summed[m] = s.summed[s.kept[prompt_page(s, x, hit - 1)]]\n",
    "            s.summed[m] = s.summed[s.kept[prompt_page(s, x, hit - 1)]]\n"
    "            s.summed[s.kept[prompt_page(s, x, hit - 1)]] = 0\n",
)
"""A row that starts from a kept state takes it along, and leaves an empty one."""

WITNESSES: dict[str, tuple[str | Edit, str]] = {
    "a_held_page_is_listed_by_its_holder": (
        "release: free(s, r, s.whole(s.protected[r]), s.pages(s.allocated[r]))  ->  pass",
        "reclaim",
    ),
    "a_listed_page_is_held": (
        "free_tail: free(s, r, s.pages(n), s.pages(s.allocated[r]))  ->  free(s, r, s.pages(n) - 1, s.pages(s.allocated[r]))",
        "retract",
    ),
    "a_row_lists_no_more_than_it_holds": (
        "release: free(s, r, s.whole(s.protected[r]), s.pages(s.allocated[r]))  ->  pass",
        "reclaim",
    ),
    "a_page_of_the_tree_is_its_nodes": (
        "evict: s.cached[c], s.node[p], s.windowed[p] = (NIL, NIL, False)  ->  s.cached[c], s.windowed[p] = (NIL, False)",
        "evict",
    ),
    "a_node_has_its_own_page": (
        "evict: s.cached[c], s.node[p], s.windowed[p] = (NIL, NIL, False)  ->  s.node[p], s.windowed[p] = (NIL, False)",
        "evict",
    ),
    "a_row_with_a_holder_is_that_sessions_row": ("release: s.holder[r] = NIL  ->  pass", "reclaim"),
    "a_sessions_row_is_held_for_it": ("wipe: s.slot[x] = NIL  ->  pass", "reclaim"),
    "a_free_row_holds_nothing": (
        "release: s.user[s.recurrent[r]], s.recurrent[r] = (NIL, NIL)  ->  s.user[s.recurrent[r]] = NIL",
        "reclaim",
    ),
    "a_running_turn_borrows_its_slots_row": (
        "start: require(runnable(s, t) and (not has_slot(s, t)))  ->  require(runnable(s, t))",
        "start",
    ),
    "a_recurrent_state_in_use_is_its_rows": (
        "release: s.user[s.recurrent[r]], s.recurrent[r] = (NIL, NIL)  ->  s.recurrent[r] = NIL",
        "reclaim",
    ),
    "a_rows_recurrent_state_is_its_own": (
        "release: s.user[s.recurrent[r]], s.recurrent[r] = (NIL, NIL)  ->  s.user[s.recurrent[r]] = NIL",
        "reclaim",
    ),
    "a_kept_state_is_its_nodes": (
        "evict: s.keeper[s.kept[c]], s.kept[c] = (NIL, NIL)  ->  s.kept[c] = NIL",
        "evict",
    ),
    "a_node_keeps_its_own_state": (
        "evict: s.keeper[s.kept[c]], s.kept[c] = (NIL, NIL)  ->  s.keeper[s.kept[c]] = NIL",
        "evict",
    ),
    "a_hybrid_models_row_has_a_recurrent_state": (
        "release: s.holder[r] = NIL  ->  pass",
        "reclaim",
    ),
    "a_protected_page_is_the_trees": (
        "evict: require(p != NIL and s.locks[c] == 0)  ->  require(p != NIL)",
        "evict",
    ),
    "a_cached_prefix_is_cached_whole": (
        "evict: require(s.forall(Prefix, lambda d: s.cached[d] == NIL or d == c or (not extends(s, d, c))))  ->  pass",
        "evict",
    ),
    "a_recurrent_row_reads_up_to_a_kept_state": (
        "publish: if s.kept[prompt_page(s, x, hi - 1)] == NIL:  ->  if False:",
        "publish",
    ),
    "locks_balance": (
        "lock: for i in s.span(lo, hi):  ->  for i in s.span(lo + 1, hi):",
        "publish",
    ),
    "kv_stays_in_its_namespace": (
        "evict: require(p != NIL and s.locks[c] == 0)  ->  require(p != NIL)",
        "evict",
    ),
    "lengths_are_in_order": (
        "free_tail: s.committed[r], s.faithful[r] = (s.least(s.committed[r], n), s.least(s.faithful[r], n))  ->  s.committed[r], s.faithful[r] = (s.least(s.committed[r], n) - 1, s.least(s.faithful[r], n))",
        "resume",
    ),
    "the_protected_prefix_is_page_aligned": (
        "start: require(hit <= s.whole(s.text_len[x]) and s.length(hit) < s.tokens[t])  ->  require(s.length(hit) < s.tokens[t])",
        "start",
    ),
    "committed_kv_is_that_of_the_tokens": (
        "commit: s.faithful[r] = n  ->  s.faithful[r] = n - 1",
        "collect",
    ),
    "a_recurrent_state_is_that_of_the_committed_tokens": (
        "commit: s.summed[s.recurrent[r]] = n  ->  pass",
        "collect",
    ),
    "a_kept_state_is_that_of_its_pages": (
        "publish: s.summed[m] = s.summed[s.recurrent[r]]  ->  pass",
        "publish",
    ),
    "an_unused_state_sums_up_nothing": (
        "release: s.summed[s.recurrent[r]] = 0  ->  pass",
        "reclaim",
    ),
    "a_running_turn_reserves_no_more_than_it_may": (
        "reserve: require(s.allocated[r] < upto <= s.least(s.tokens[t], s.limit[t]) + s.lookahead)  ->  pass",
        "reserve",
    ),
    "a_batch_runs_at_most_one_token_ahead": (
        "extend: s.launched[r] = upto  ->  s.launched[r] = upto + 1",
        "extend",
    ),
    "an_idle_slot_holds_at_most_the_last_turn": (
        "keep: if n < s.allocated[r]:  ->  if False:",
        "retract",
    ),
    "a_slot_keeps_the_last_turns_kv": (
        "finish: require(n <= s.tokens[t] <= n + s.lookahead and n <= s.committed[s.row[t]] + 1)  ->  require(n <= s.tokens[t] <= n + s.lookahead)",
        "finish",
    ),
    "output_stays_within_its_limit": (
        "forget: s.prompt[t], s.tokens[t], s.limit[t] = (0, 0, 0)  ->  s.tokens[t], s.limit[t] = (0, 0)",
        "abort_first",
    ),
    "a_turn_that_ran_fits_the_context": (
        "runnable: return waiting(s, t) and (not s.aborting[t]) and (not too_long(s, t)) and (not too_large(s, t))  ->  return waiting(s, t) and (not s.aborting[t]) and (not too_large(s, t))",
        "resume",
    ),
    "the_cursor_leaves_a_whole_window": (
        "slide: s.cursor[r] = upto  ->  s.cursor[r] = upto + 1",
        "slide",
    ),
    "nothing_inside_a_window_is_freed": (
        "reserve: s.windowed[new[i]] = s.sliding  ->  pass",
        "reserve",
    ),
    "what_left_the_window_is_freed": (
        "slide: s.cursor[r] = upto  ->  s.cursor[r] = upto + 1",
        "slide",
    ),
    "no_window_kv_is_lost": (
        "evict: s.cached[c], s.node[p], s.windowed[p] = (NIL, NIL, False)  ->  s.cached[c], s.node[p] = (NIL, NIL)",
        "evict",
    ),
    "window_kv_fits_its_pool": ("reserve: if s.sliding:  ->  if False:", "reserve"),
    "a_turn_in_flight_belongs_to_its_session": (
        "detach: s.in_flight[x] = NIL  ->  pass",
        "abort_first",
    ),
    "req_nodes_is_a_finished_turn": (
        "end_session: if s.req_nodes[x] != NIL:  ->  if False:",
        "close",
    ),
    "an_attached_turn_is_in_flight_or_the_last": (
        "forget: s.session[t], s.aborting[t] = (NIL, False)  ->  s.aborting[t] = False",
        "abort_first",
    ),
    "only_a_turn_in_flight_runs": ("abort_first: s.row[t] = NIL  ->  pass", "abort_first"),
    "a_prompt_extends_the_last_finished_turn": (
        "submit: answer = refusal(s, x, t, new, edit)  ->  answer = refusal(s, x, t, new - 1, edit)",
        "submit",
    ),
    "a_turn_in_flight_has_a_prompt": (
        "submit: answer = refusal(s, x, t, new, edit)  ->  answer = refusal(s, x, t, new - 1, edit)",
        "submit",
    ),
    "turns_begin_with_the_first_prompt": (
        "detach: if s.req_nodes[x] == NIL:  ->  if False:",
        "abort_first",
    ),
    "a_slot_has_a_finished_turn": ("retract: if s.slot[x] == NIL:  ->  if False:", "retract"),
    "an_open_session_has_a_namespace": (
        "end_session: s.namespace[x], s.text[x], s.text_len[x] = (NIL, NIL, 0)  ->  s.text[x], s.text_len[x] = (NIL, 0)",
        "close",
    ),
    "only_an_idle_session_times_out": (
        "end_session: s.opened[x], s.closing[x], s.stale[x] = (False, False, False)  ->  s.opened[x], s.closing[x] = (False, False)",
        "close",
    ),
    "a_closed_session_holds_nothing": ("close: if s.in_flight[x] != NIL:  ->  if False:", "close"),
    "a_forgotten_turn_leaves_no_trace": ("abort_first: s.row[t] = NIL  ->  pass", "abort_first"),
    "pages_add_up": (
        "release: free(s, r, s.whole(s.protected[r]), s.pages(s.allocated[r]))  ->  pass",
        "reclaim",
    ),
    "private_tokens_fill_their_pages": (
        "start: n = s.length(hit)  ->  n = s.length(hit) - 1",
        "start",
    ),
    "a_refusal_changes_nothing": ("open: return Answer.OK  ->  return Answer.ALREADY_OPEN", "open"),
    "an_opened_session_is_new": ("open: if s.opened[x]:  ->  if True:", "open"),
    "a_submit_is_refused_only_for_the_reason_told": (
        "refusal: if attached(s, t):  ->  if True:",
        "submit",
    ),
    "an_accepted_turn_goes_on_from_the_last_finished_one": (
        "admit: if s.req_nodes[x] == NIL:  ->  if True:",
        "submit",
    ),
    "a_session_takes_a_turn_only_if_it_can": (
        "refusal: if attached(s, t):  ->  if False:",
        "submit",
    ),
    "a_plain_request_is_a_session_of_one_turn": (
        "generate: if s.opened[x]:  ->  if True:",
        "generate",
    ),
    "an_abort_is_noted_for_a_turn_in_flight": ("abort: if not live(s, t):  ->  if True:", "abort"),
    "a_closed_session_is_gone_or_waits_for_its_turn": (
        "close: if s.in_flight[x] != NIL:  ->  if False:",
        "close",
    ),
    "silence_is_noted_of_an_idle_session": (
        "stay_silent: if not s.opened[x]:  ->  if True:",
        "stay_silent",
    ),
    "other_sessions_notice_nothing": (ENDS_ANY_STALE_SESSION, "time_out"),
    "other_sessions_notice_nothing_of_a_turn": (ENDS_ANY_ABORTED_TURN, "abort_waiting"),
    "other_sessions_turns_go_on": (ENDS_ANY_STALE_SESSION, "time_out"),
    "other_turns_go_on": (ENDS_ANY_ABORTED_TURN, "abort_waiting"),
    "other_sessions_keep_their_kv": (ENDS_ANY_STALE_SESSION, "time_out"),
    "other_turns_keep_their_kv": (
        "start: r = s.choose(Row, lambda r: s.holder[r] == NIL)  ->  r = s.choose(Row, lambda r: True)",
        "start",
    ),
    "only_finish_and_close_move_req_nodes": (
        "pre_abort: require(waiting(s, t) and (not s.aborting[t]))  ->  pass",
        "pre_abort",
    ),
    "a_turn_that_never_ran_leaves_slots_alone": (WIPES_WHAT_A_WAITING_TURN_LEAVES, "abort_waiting"),
    "only_what_was_to_be_aborted_is": (
        "abort_waiting: require(waiting(s, t) and s.aborting[t])  ->  require(waiting(s, t))",
        "abort_waiting",
    ),
    "an_aborted_turn_is_over": (
        "forget: s.session[t], s.aborting[t] = (NIL, False)  ->  s.aborting[t] = False",
        "abort_first",
    ),
    "only_what_was_to_be_closed_is": (
        "end_close: require(s.closing[x] and s.in_flight[x] == NIL)  ->  require(s.in_flight[x] == NIL)",
        "end_close",
    ),
    "a_client_gets_what_it_asked_for": (
        "finish: return n - s.prompt[t]  ->  return n - s.prompt[t] + 1",
        "finish",
    ),
    "a_turn_is_turned_away_for_the_reason_told": (
        "pre_abort: require((why == Why.TOO_LONG) == too_long(s, t))  ->  pass",
        "pre_abort",
    ),
    "a_client_that_aborted_is_told_no_other_reason": (
        "pre_abort: require(waiting(s, t) and (not s.aborting[t]))  ->  pass",
        "pre_abort",
    ),
    "a_finish_keeps_what_is_of_use": ("finish: keep(s, x, r, n)  ->  pass", "finish"),
    "a_retract_keeps_what_is_of_use": ("keep: if reusable(s, r, n):  ->  if False:", "retract"),
    "an_aborted_running_turn_leaves_its_session_empty": (
        "wipe: s.slot[x] = NIL  ->  pass",
        "abort_nth",
    ),
    "only_its_own_turn_ends_what_is_in_flight": (
        "abort_first: s.row[t] = NIL  ->  pass",
        "abort_first",
    ),
    "a_resume_frees_all_of_the_tail": (
        "resume: if s.committed[r] < s.allocated[r]:  ->  if False:",
        "resume",
    ),
    "a_resume_keeps_what_is_committed": (
        "free_tail: s.committed[r], s.faithful[r] = (s.least(s.committed[r], n), s.least(s.faithful[r], n))  ->  s.committed[r], s.faithful[r] = (s.least(s.committed[r], n) - 1, s.least(s.faithful[r], n))",
        "resume",
    ),
    "nothing_is_begun_for_a_turn_to_be_aborted": (
        "extend: require(running(s, t) and (not s.aborting[t]))  ->  require(running(s, t))",
        "extend",
    ),
    "no_token_is_decoded_that_nobody_asked_for": (
        "decode: require(running(s, t) and (not s.aborting[t]) and (s.tokens[t] < s.limit[t]))  ->  require(running(s, t) and (not s.aborting[t]))",
        "decode",
    ),
    "a_round_goes_on_from_known_kv": (
        "verify: require(s.committed[r] + 1 == s.tokens[t] and s.tokens[t] + drafts <= s.allocated[r])  ->  pass",
        "verify",
    ),
    "a_token_follows_when_all_kv_is_known": (
        "collect: if n == s.tokens[t] and s.tokens[t] < s.limit[t]:  ->  if True:",
        "collect",
    ),
    "a_finished_turn_keeps_its_tokens": (
        "pre_abort: require(waiting(s, t) and (not s.aborting[t]))  ->  pass",
        "pre_abort",
    ),
    "memory_pressure_takes_nothing_from_a_running_turn": (
        "reclaim: require(s.slot[x] != NIL and (not lent(s, x)))  ->  require(s.slot[x] != NIL)",
        "reclaim",
    ),
    "nothing_is_freed_that_a_launched_batch_reads": (
        "evict: require(p != NIL and s.locks[c] == 0)  ->  require(p != NIL)",
        "evict",
    ),
    "a_locked_node_stays": (
        "evict: require(p != NIL and s.locks[c] == 0)  ->  require(p != NIL)",
        "evict",
    ),
    "the_tree_keeps_its_states": (MOVES_A_KEPT_STATE, "start"),
    "a_running_turn_loses_no_kv": (
        "free_tail: s.committed[r], s.faithful[r] = (s.least(s.committed[r], n), s.least(s.faithful[r], n))  ->  s.committed[r], s.faithful[r] = (s.least(s.committed[r], n) - 1, s.least(s.faithful[r], n))",
        "resume",
    ),
    "a_retracted_turn_stays_in_flight": (COUNTS_A_RETRACT_AS_AN_END, "retract"),
    "a_close_waits_for_the_turn_in_flight": (
        "close: if s.in_flight[x] != NIL:  ->  if False:",
        "close",
    ),
}
"""The change and the action, by property, as the spec has them."""
