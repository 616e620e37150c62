"""All findings, by number."""

from __future__ import annotations

from stateful_tests.engines.sglang.findings import triggers
from stateful_tests.engines.sglang.findings.finding import Finding

FINDINGS = (
    Finding(
        "R1",
        "an aborted turn takes the history with it",
        "a cancelled message stays in the conversation, and after one that was refused the model "
        "has forgotten all before it",
        (
            "an_idle_slot_holds_at_most_the_last_turn",
            "turns_begin_with_the_first_prompt",
            "states_are_equal",
            "a_protected_page_is_the_trees",
            "the_spec_allows_every_move",
            "pages_add_up",
        ),
        "0.5.10.post1: managers/session_controller.py 131, `Session.create_req` pops `req_nodes`",
        "0.5.10.post1",
        "0.5.10.post1",
        triggers.aborts_a_waiting_turn,
        bug="B5",
    ),
    Finding(
        "R2",
        "nothing stops a second turn while one runs",
        "a client that sends twice gets answers mixed from both turns, or the server dies",
        ("answers_are_equal",),
        "0.5.10.post1: managers/session_controller.py 129, `Session.create_req` asks for no other",
        "0.5.10.post1",
        "0.5.10.post1",
        triggers.submits_beside_a_turn,
        bug="B6",
    ),
    Finding(
        "R3",
        "a close frees row and KV under the running turn",
        "closing a session while it answers kills the server, or corrupts another conversation",
        (
            "no_page_is_free_and_held",
            "a_row_with_a_holder_is_that_sessions_row",
            "an_attached_turn_is_in_flight_or_the_last",
        ),
        "0.5.10.post1: managers/session_controller.py 307, `_close` releases at once",
        "0.5.10.post1",
        "0.5.10.post1",
        triggers.closes_under_a_turn,
        bug="B9",
    ),
    Finding(
        "R4",
        "a turn that is too long saves its stub into the slot",
        "one prompt too long, and the session's KV is gone: memory leak detected",
        (
            "no_page_is_lost",
            "a_slot_keeps_the_last_turns_kv",
            "states_are_equal",
            "an_idle_slot_holds_at_most_the_last_turn",
            "a_row_with_a_holder_is_that_sessions_row",
            "no_page_is_free_and_held",
            "a_step_makes_progress",
        ),
        "0.5.10.post1: mem_cache/session_aware_cache.py 172, `match_prefix` lends a stub the slot",
        "0.5.10.post1",
        "0.5.10.post1",
        triggers.runs_as_a_stub,
        bug="B4",
    ),
    Finding(
        "R5",
        "the abort of a first turn leaves a slot",
        "after a cancelled first turn the next one goes on from its message and part of its answer",
        ("an_idle_slot_holds_at_most_the_last_turn", "a_slot_has_a_finished_turn"),
        "0.5.10.post1: mem_cache/session_aware_cache.py 210, `cache_finished_req` saves it",
        "0.5.10.post1",
        "0.5.10.post1",
        triggers.aborts_a_first_turn,
        bug="B8",
    ),
    Finding(
        "R6",
        "the abort of a later turn saves its lengths into the slot",
        "after a cancelled turn the next one goes on from its message and part of its answer",
        ("an_idle_slot_holds_at_most_the_last_turn",),
        "0.5.10.post1: mem_cache/session_aware_cache.py 210, `cache_finished_req` saves it",
        "0.5.10.post1",
        "0.5.10.post1",
        triggers.aborts_a_later_turn,
        bug="B7",
    ),
    Finding(
        "R7",
        "a location is lost where a turn goes on from all committed KV",
        "memory leak detected, one location per turn",
        ("no_page_is_lost", "the_spec_allows_every_move"),
        "0.5.10.post1: mem_cache/session_aware_cache.py 187: the key has lost one token before; "
        "with overlap the KV of a turn's last token is committed, too",
        "0.5.10.post1",
        "0.5.10.post1",
        triggers.goes_on,
        bug="B11",
    ),
    Finding(
        "R8",
        "a namespace is dropped where a session's turn is created",
        "a session with an extra key or a salt answers with KV of other tenants",
        (
            "output_equals_that_of_the_dense_model",
            "committed_kv_is_that_of_the_tokens",
            "a_protected_page_is_the_trees",
        ),
        "0.5.10.post1: managers/session_controller.py 211, `Session.create_req` passes no "
        "`extra_key`; nor does managers/scheduler.py 1745 for requests without a session",
        "0.5.10.post1",
        "0.5.10.post1",
        triggers.uses_a_namespace,
    ),
    Finding(
        "R9",
        "idle sessions hold all rows, and the next one stops the server",
        "alloc_req_slots runs out of memory: the server dies once more sessions are open than "
        "requests may run",
        ("no_crash: RuntimeError: alloc_req_slots",),
        "0.5.11: managers/scheduler.py 2540 counts running requests, not free rows; "
        "mem_cache/common.py 419 raises",
        "0.5.10.post1",
        "0.5.11",
        triggers.takes_the_last_row,
    ),
    Finding(
        "R10",
        "the abort of a waiting turn leaves its session in flight for ever",
        "after a cancelled turn every further one is refused: already has an active request",
        ("a_turn_in_flight_belongs_to_its_session",),
        "0.5.11: managers/scheduler.py 3463 drops the request, and `_inflight` stays set",
        "0.5.11",
        "0.5.18",
        triggers.aborts_a_waiting_turn,
    ),
    Finding(
        "R11",
        "a refused turn ends the one in flight",
        "a second request of a session is refused, and then a third is let in beside the first: "
        "two turns on one row, and the server dies",
        (
            "an_idle_slot_holds_at_most_the_last_turn",
            "a_row_with_a_holder_is_that_sessions_row",
            "an_attached_turn_is_in_flight_or_the_last",
        ),
        "0.5.11: session/streaming_session.py 209 and 301 call `abort_req` for a stub, whoever is "
        "in flight",
        "0.5.11",
        "0.5.23",
        triggers.is_refused,
    ),
    Finding(
        "R12",
        "a refused turn beside a first one stops the server",
        "AssertionError: session_id already has a slot; one impatient client is enough",
        ("no_crash: AssertionError: session_id", "no_crash: AssertionError in release_kv_cache"),
        "0.5.23: session/streaming_session.py 215, a stub whose session has no slot yet takes one",
        "0.5.23",
        "0.5.23",
        triggers.is_refused,
    ),
    Finding(
        "R13",
        "idle sessions hold all rows, and their own next turns wait for ever",
        "with as many open sessions as requests may run, nobody is answered any more",
        ("a_step_makes_progress",),
        "0.5.12: managers/scheduler.py 2658, 0.5.23: 4121: where no row is free nobody is looked "
        "at, not even who has one",
        "0.5.12",
        "0.5.23",
        triggers.takes_the_last_row,
    ),
    Finding(
        "R14",
        "idle sessions hold all memory, and others wait for ever",
        "open sessions that nobody uses stop the server: requests hang, and no error is told",
        ("a_step_makes_progress", "clients_are_told_how_their_turns_end"),
        "0.5.11: managers/schedule_policy.py 480, `rem_total_tokens` counts what is free or "
        "evictable; nothing takes KV from an idle session but a close or a time-out",
        "0.5.10.post1",
        "0.5.23",
        triggers.may_not_fit,
    ),
    Finding(
        "R15",
        "a turn that is put back counts as finished",
        "memory runs short, and a second request is let in beside the turn that waits again; if "
        "that is aborted, half an answer stays in the history and a close never completes",
        ("an_attached_turn_is_in_flight_or_the_last",),
        "0.5.11: session/streaming_session.py 317, 0.5.23: 190, calls `finish_req` for every turn "
        "that leaves its row and was not aborted",
        "0.5.11",
        "0.5.23",
        triggers.may_be_put_back,
    ),
    Finding(
        "R16",
        "locations are lost where a turn that was put back goes on",
        "memory leak detected after memory ran short: one location per retract, with overlap two",
        ("no_page_is_lost",),
        "0.5.10.post1: mem_cache/session_aware_cache.py 187, `match_prefix` takes less than the "
        "slot holds, and nobody frees the rest",
        "0.5.10.post1",
        "0.5.10.post1",
        triggers.may_be_put_back,
        bug="B10",
    ),
    Finding(
        "R17",
        "a refused turn takes the slot that a first one has just left",
        "memory leak detected: one impatient client costs a row and its KV, and the session's "
        "next turn computes everything again",
        ("no_page_is_lost",),
        "0.5.11: session/streaming_session.py 276, 0.5.18: 295: the end of a stub frees the row of "
        "whatever slot the session has by then, and its own is forgotten",
        "0.5.11",
        "0.5.18",
        triggers.is_refused_without_a_slot,
    ),
    Finding(
        "R18",
        "who had to wait for room waits for ever",
        "once the server was full it answers nobody, not even after all sessions were closed: "
        "only a restart helps",
        ("a_step_makes_progress",),
        "0.5.11: managers/scheduler.py 2597 and 2704 set `batch_is_full` where nothing runs, and "
        "2581 then looks at nobody; only a request that leaves the batch clears it; "
        "0.5.23 clears it at 4096",
        "0.5.10.post1",
        "0.5.18",
        triggers.may_find_no_room,
    ),
    Finding(
        "R19",
        "a turn without output keeps KV of a token that it never said",
        "after a turn that only had its prompt computed the next answer is a wrong one, silently",
        ("committed_kv_is_that_of_the_tokens", "states_are_equal"),
        "0.5.10.post1: mem_cache/session_aware_cache.py 69, `save_from_req` takes what was "
        "launched past the turn's end for computed; 0.5.11 trims it: session/streaming_session.py "
        "312",
        "0.5.10.post1",
        "0.5.10.post1",
        triggers.asks_for_no_output,
        bug="B12",
    ),
    Finding(
        "R20",
        "a cancelled turn is put back, and computed again",
        "while memory is short a cancelled request keeps its place: its prompt is computed once "
        "more before its client is told of the end",
        ("the_spec_allows_every_move",),
        "0.5.10.post1: managers/schedule_batch.py 1972, 0.5.23: 3459, `retract_decode` does not "
        "ask whether `to_finish` is set",
        "0.5.10.post1",
        "0.5.23",
        triggers.may_be_put_back,
    ),
)
