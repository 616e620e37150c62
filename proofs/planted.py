"""Bugs put into the spec text on purpose: each is refuted by name, or the proofs prove too little.

Every one of them was in a real engine, and has its number from the project's list of bugs.
"""

from __future__ import annotations

from dataclasses import dataclass

from spec.machine.rules import Rules
from spec.machine.variant import Edit, variant


@dataclass(frozen=True)
class Planted:
    """A bug: its story, the edits that bring it back, and the obligations that must then fail."""

    number: str
    story: str
    edits: tuple[Edit, ...]
    fails: tuple[tuple[str, str], ...]  # action and property; the first one tells it best
    shows: tuple[str, ...]  # what the counterexample to the first one says

    @property
    def rules(self) -> Rules:
        """The spec text with this bug."""
        return variant(*self.edits)


B4 = Planted(
    "B4",
    "A turn that is turned away still borrows the slot, and saves its one-token stub into it.",
    (
        Edit(
            "moves",
            "    require((why == Why.TOO_LONG) == too_long(s, t))\n    detach(s, t)\n",
            "    require((why == Why.TOO_LONG) == too_long(s, t))\n"
            "    if has_slot(s, t):\n"
            "        r = s.slot[s.session[t]]\n"
            "        s.committed[r], s.allocated[r] = 1, 1\n"
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
            "        s.limit[t] = s.prompt[t] + max_new\n",
            "        s.limit[t] = s.prompt[t] + max_new\n        s.req_nodes[x] = NIL\n",
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

B7 = Planted(
    "B7",
    "Aborting a later turn while it runs saves its lengths into the slot instead of wiping them.",
    (
        Edit(
            "moves",
            "    release(s, s.row[t])\n    s.slot[s.session[t]], s.row[t] = NIL, NIL\n",
            "    s.row[t] = NIL\n",
        ),
    ),
    (
        ("abort_nth", "an_aborted_running_turn_leaves_its_session_empty"),
        ("abort_nth", "an_idle_slot_holds_at_most_the_last_turn"),
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

B9 = Planted(
    "B9",
    "Closing a session frees its row and KV at once, under its running turn.",
    (
        Edit(
            "requests",
            "    if s.in_flight[x] != NIL:\n"
            "        s.closing[x] = True\n"
            "    else:\n"
            "        end_session(s, x)\n",
            "    end_session(s, x)\n",
        ),
    ),
    (
        ("close", "a_sessions_row_is_held_for_it"),
        ("close", "a_close_waits_for_the_turn_in_flight"),
        ("close", "a_closed_session_holds_nothing"),
    ),
    ("action    close(x0)", "holder[r0]: x0 -> NIL", "row[t"),
)

B10 = Planted(
    "B10",
    "The tail is forgotten, not freed: the resumed turn writes over what names its locations.",
    (
        Edit(
            "kv",
            "        free(s, r, s.pages(n), s.pages(s.allocated[r]))\n",
            "",
        ),
    ),
    (
        ("retract", "a_held_page_is_listed_by_its_holder"),
        ("resume", "a_held_page_is_listed_by_its_holder"),
    ),
    ("action    retract(", "allocated[r0]: "),
)

B11 = Planted(
    "B11",
    "The token that is kept back for logits is taken off the prefix twice.",
    (
        Edit(
            "moves",
            "min(s.committed[r], s.tokens[t] - 1)",
            "min(s.committed[r], s.tokens[t] - 1 - 1)",
        ),
    ),
    (("resume", "a_resume_keeps_what_is_committed"),),
    ("action    resume(", "committed[r0]: "),
)

B13 = Planted(
    "B13",
    "The tail is freed from inside a page: from floor(n / page_size), not ceil.",
    (
        Edit(
            "kv",
            "        free(s, r, s.pages(n), s.pages(s.allocated[r]))\n",
            "        free(s, r, s.pages(n + 1) - 1, s.pages(s.allocated[r]))\n",
        ),
    ),
    (
        ("resume", "a_listed_page_is_held"),
        ("retract", "a_listed_page_is_held"),
    ),
    ("action    resume(", "page_size 2", "committed[r0] = ", "owner[", "Held(r0, 0) -> NIL"),
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

PLANTED = (B4, B5, B6, B7, B8, B9, B10, B11, B13, B20)
