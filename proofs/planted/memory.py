"""Planted bugs of lengths: tails, trims, pages that are partly used."""

from __future__ import annotations

from proofs.planted.planted import Planted
from spec.machine.variant import Edit

B1 = Planted(
    "B1",
    "The matched prefix reports the committed length, inside a page, as protected.",
    (
        Edit(
            "moves",
            "        free_tail(s, r, s.committed[r])\n    s.row[t] = r\n",
            "        free_tail(s, r, s.committed[r])\n"
            "    s.row[t], s.protected[r] = r, s.committed[r]\n",
        ),
    ),
    (("resume", "the_protected_prefix_is_page_aligned"),),
    ("action    resume(", "page_size 2", "protected[r0]: 0 -> 1"),
)

B2 = Planted(
    "B2",
    "Locations that speculation reserved beyond the last token are forgotten between turns.",
    (
        Edit(
            "moves",
            "    keep(s, x, r, n)\n",
            "    s.slot[x], s.allocated[r] = r, s.least(s.allocated[r], n)\n",
        ),
    ),
    (
        ("finish", "a_held_page_is_listed_by_its_holder"),
        ("finish", "pages_add_up"),
    ),
    ("action    finish(", "allocated[r0]: "),
    world="speculation",
)

B10 = Planted(
    "B10",
    "A retract forgets the tail: the resumed turn writes over what names its locations.",
    (
        Edit(
            "moves",
            "        keep(s, x, r, history_len(s, x))\n",
            "        s.allocated[r] = s.least(s.allocated[r], history_len(s, x))\n"
            "        s.committed[r] = s.least(s.committed[r], history_len(s, x))\n"
            "        s.launched[r] = s.committed[r]\n",
        ),
    ),
    (
        ("retract", "a_held_page_is_listed_by_its_holder"),
        ("retract", "pages_add_up"),
    ),
    ("action    retract(", "allocated[r0]: "),
)

B11 = Planted(
    "B11",
    "The token that is kept back for logits is taken off the prefix twice.",
    (
        Edit(
            "moves",
            "    if s.committed[r] < s.allocated[r]:\n        free_tail(s, r, s.committed[r])\n",
            "    if 0 < s.committed[r]:\n        free_tail(s, r, s.committed[r] - 1)\n",
        ),
    ),
    (("resume", "a_resume_keeps_what_is_committed"),),
    ("action    resume(", "committed[r0]: "),
)

B12 = Planted(
    "B12",
    "KV that was committed past the stop stays in the slot, for the next turn to go on from.",
    (
        Edit(
            "moves",
            "    keep(s, x, r, n)\n",
            "    s.slot[x] = r\n    free_tail(s, r, s.committed[r])\n",
        ),
    ),
    (
        ("finish", "committed_kv_is_that_of_the_tokens"),
        ("finish", "an_idle_slot_holds_at_most_the_last_turn"),
    ),
    ("action    finish(", "faithful[r0]: "),
    world="speculation",
)

B13 = Planted(
    "B13",
    "The tail is freed from inside a page: from floor(n / page_size), not ceil.",
    (
        Edit(
            "kv",
            "    free(s, r, s.pages(n), s.pages(s.allocated[r]))\n",
            "    free(s, r, s.whole(n), s.pages(s.allocated[r]))\n",
        ),
    ),
    (
        ("resume", "a_listed_page_is_held"),
        ("retract", "a_listed_page_is_held"),
        ("finish", "a_listed_page_is_held"),
    ),
    ("action    resume(", "page_size 2", "committed[r0] = ", "owner[", "Held(r0, 0) -> NIL"),
)

B16 = Planted(
    "B16",
    "Trimming leaves the window cursor where it was, beyond what the shorter row can go on from.",
    (
        Edit(
            "kv",
            "    has_window = s.cursor[r] == s.protected[r] or s.cursor[r] + s.window <= n\n"
            "    return has_window and (s.recurrent[r] == NIL or s.committed[r] <= n)\n",
            "    return s.recurrent[r] == NIL or s.committed[r] <= n\n",
        ),
    ),
    (
        ("finish", "the_cursor_leaves_a_whole_window"),
        ("retract", "the_cursor_leaves_a_whole_window"),
    ),
    ("action    finish(", "cursor[r0] = ", "committed[r0]: "),
    world="windows",
)
