"""Planted bugs of the release path: what an abort or a close leaves behind."""

from __future__ import annotations

from proofs.planted.planted import Planted
from spec.machine.variant import Edit

B7 = Planted(
    "B7",
    "Aborting a later turn while it runs saves its inflated lengths into the slot.",
    (
        Edit(
            "moves",
            "    wipe(s, s.session[t])\n    s.row[t] = NIL\n",
            "    if s.allocated[s.row[t]] <= history_len(s, s.session[t]):\n"
            "        wipe(s, s.session[t])\n"
            "    s.row[t] = NIL\n",
        ),
    ),
    (
        ("abort_nth", "an_aborted_running_turn_leaves_its_session_empty"),
        ("abort_nth", "an_idle_slot_holds_at_most_the_last_turn"),
        ("abort_nth", "committed_kv_is_that_of_the_tokens"),
    ),
    ("action    abort_nth(", "slot[x0] = r0"),
)

B8 = Planted(
    "B8",
    "Aborting the first turn while it runs leaves a slot with its KV behind.",
    (
        Edit(
            "moves",
            "    release(s, s.row[t])\n    s.row[t] = NIL\n",
            "    s.slot[s.session[t]], s.row[t] = s.row[t], NIL\n",
        ),
    ),
    (
        ("abort_first", "a_slot_has_a_finished_turn"),
        ("abort_first", "an_aborted_running_turn_leaves_its_session_empty"),
        ("abort_first", "an_idle_slot_holds_at_most_the_last_turn"),
    ),
    ("action    abort_first(", "slot[x0]: NIL -> r0"),
)

B14 = Planted(
    "B14",
    "Closing a session does not return its recurrent state.",
    (
        Edit(
            "kv",
            "    if s.slot[x] != NIL:\n        wipe(s, x)\n",
            "    if s.slot[x] != NIL:\n        s.recurrent[s.slot[x]] = NIL\n        wipe(s, x)\n",
        ),
    ),
    (("close", "a_recurrent_state_in_use_is_its_rows"),),
    ("action    close(x0)", "recurrent[r0]: m0 -> NIL"),
    world="recurrent",
)

B15 = Planted(
    "B15",
    "The slot that is made to release an aborted first turn lacks its recurrent state.",
    (
        Edit(
            "moves",
            "    release(s, s.row[t])\n    s.row[t] = NIL\n    detach(s, t)\n",
            "    s.recurrent[s.row[t]] = NIL\n"
            "    release(s, s.row[t])\n    s.row[t] = NIL\n    detach(s, t)\n",
        ),
    ),
    (("abort_first", "a_recurrent_state_in_use_is_its_rows"),),
    ("action    abort_first(", "recurrent[r0]: m0 -> NIL"),
    world="recurrent",
)

B19 = Planted(
    "B19",
    "The release path forgets the tree lock of an aborted first turn.",
    (
        Edit(
            "moves",
            "    release(s, s.row[t])\n    s.row[t] = NIL\n    detach(s, t)\n",
            "    lock(s, s.session[t], 0, s.whole(s.protected[s.row[t]]))\n"
            "    release(s, s.row[t])\n    s.row[t] = NIL\n    detach(s, t)\n",
        ),
    ),
    (("abort_first", "locks_balance"),),
    ("action    abort_first(", "locks[c0] = 1", "protected[r0]: 1 -> 0"),
    world="tree",
)
