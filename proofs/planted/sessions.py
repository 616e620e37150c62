"""Planted bugs of sessions: which turn is in flight, and what it goes on from."""

from __future__ import annotations

from proofs.planted.planted import Planted
from spec.machine.variant import Edit

B4 = Planted(
    "B4",
    "A turn that is turned away still borrows the slot, and saves its one-token stub into it.",
    (
        Edit(
            "moves",
            "        require(too_large(s, t))\n    detach(s, t)\n",
            "        require(too_large(s, t))\n"
            "    if has_slot(s, t):\n"
            "        r = s.slot[s.session[t]]\n"
            "        s.committed[r], s.launched[r], s.allocated[r] = 1, 1, 1\n"
            "    detach(s, t)\n",
        ),
    ),
    (
        ("pre_abort", "a_turn_that_never_ran_leaves_slots_alone"),
        ("pre_abort", "a_held_page_is_listed_by_its_holder"),
    ),
    ("action    pre_abort(", "slot[x0] = r0", "allocated[r0]: "),
)

B5 = Planted(
    "B5",
    "Creating a turn pops the last finished one: after an abort the history is gone.",
    (
        Edit(
            "requests",
            "    s.limit[t] = s.prompt[t] + max_new\n",
            "    s.limit[t] = s.prompt[t] + max_new\n    s.req_nodes[x] = NIL\n",
        ),
    ),
    (
        ("submit", "only_finish_and_close_move_req_nodes"),
        ("submit", "an_attached_turn_is_in_flight_or_the_last"),
        ("submit", "a_slot_has_a_finished_turn"),
    ),
    ("action    submit(x0, ", "req_nodes[x0]: t"),
)

B6 = Planted(
    "B6",
    "Nothing stops a second turn of a session while one runs.",
    (
        Edit(
            "requests",
            "    if s.in_flight[x] != NIL:\n        return Answer.IN_FLIGHT\n",
            "",
        ),
    ),
    (
        ("submit", "only_a_turn_in_flight_runs"),
        ("submit", "an_attached_turn_is_in_flight_or_the_last"),
        ("submit", "a_row_with_a_holder_is_that_sessions_row"),
    ),
    ("action    submit(x0, ", "in_flight[x0]: t", "row[t"),
)

B9 = Planted(
    "B9",
    "Closing a session frees its row and KV at once, under its running turn.",
    (
        Edit(
            "requests",
            "from spec.kv import end_session\n",
            "from spec.kv import end_session, wipe\n",
        ),
        Edit(
            "requests",
            "        s.closing[x] = True\n    else:\n",
            "        s.closing[x] = True\n"
            "        if s.slot[x] != NIL and s.row[s.in_flight[x]] != NIL:\n"
            "            wipe(s, x)\n"
            "    else:\n",
        ),
    ),
    (
        ("close", "a_sessions_row_is_held_for_it"),
        ("close", "a_close_waits_for_the_turn_in_flight"),
    ),
    ("action    close(x0)", "holder[r0]: x0 -> NIL", "row[t"),
)

B20 = Planted(
    "B20",
    "A finished turn keeps the one before it attached to the session.",
    (
        Edit(
            "moves",
            "    if s.req_nodes[x] != NIL:\n        forget(s, s.req_nodes[x])\n",
            "",
        ),
    ),
    (("finish", "an_attached_turn_is_in_flight_or_the_last"),),
    ("action    finish(", "req_nodes[x0]: "),
)
