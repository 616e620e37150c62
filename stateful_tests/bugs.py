"""Planted bugs: what really went wrong somewhere, put into the engine one at a time.

A bug replaces single methods of one engine object; no file is edited. Each must be caught by name:
a harness that misses one of them says nothing when it finds nothing.

B1 to B20 have the numbers of the project's list of bugs; `proofs/planted` puts the same ones into
the spec text. B17 is in neither: there a cache embedded the session layer, which called it back
without end. Here the session layer is no cache that another one wraps: it calls the tree, and the
tree calls nobody, so no method can be replaced that would bring the recursion back. The spec has no
layers at all. X1 to X9 are what may go wrong when a turn fails; the spec knows of aborts only.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from impl.engine import Engine
from stateful_tests.difference import Difference
from stateful_tests.engines.reference.engine import ReferenceEngine
from stateful_tests.fuzz import Fuzz
from stateful_tests.lockstep import Lockstep
from stateful_tests.planted import accounting, faults, pools, records, states, turns
from stateful_tests.setting import Setting

TRACES = Path(__file__).parent / "traces"
"""The shortest trace to each bug, one file each, replayed by the tests."""


@dataclass(frozen=True)
class Bug:
    """One bug: how it is told, which checks may see it first, and how it gets into an engine."""

    id: str
    story: str
    checks: tuple[str, ...]
    plant: Callable[[Engine], None]

    def lockstep(self, setting: Setting) -> Lockstep:
        """Return a lockstep run whose engine has the bug."""
        return Lockstep(setting, self.engine)

    def engine(self, setting: Setting, most_checked: int | None = None) -> ReferenceEngine:
        """Return an engine that has the bug."""
        engine = ReferenceEngine(setting, most_checked)
        self.plant(engine.inner)
        return engine


@dataclass(frozen=True)
class Hunt:
    """How a bug was looked for, and what was found: a difference by a minimal trace, or None."""

    difference: Difference | None
    setting: Setting | None
    seconds: float  # of processor time
    runs: int
    actions: int


def hunt(bug: Bug, seed: int = 0, seconds: float = 60) -> Hunt:
    """Look for `bug` in drawn runs, knowing nothing of it, for so long on the processor.

    The clock on the wall would let a busy machine hide a bug.
    """
    fuzz, failure, started = Fuzz(seed, make=bug.lockstep), None, time.process_time()
    while failure is None and time.process_time() - started < seconds:
        failure = fuzz.one()
    return Hunt(
        failure.difference if failure else None,
        failure.setting if failure else None,
        time.process_time() - started,
        fuzz.runs,
        sum(fuzz.actions.values()),
    )


BUGS = {
    bug.id: bug
    for bug in (
        Bug("B1", "an unaligned committed length is reported as protected",
            # where there are recurrent layers, no state of the tree goes with it
            ("the_protected_prefix_is_page_aligned", "no_page_is_lost",
             "a_recurrent_row_reads_up_to_a_kept_state"), records.b1),
        Bug("B2", "the speculative tail stays in the slot",
            ("an_idle_slot_holds_at_most_the_last_turn",), records.b2),
        Bug("B3", "a lent slot is counted twice", ("pages_add_up",), accounting.b3),
        Bug("B4", "a turn that never ran leaves its stub in the slot",
            # within one page no invariant is broken, and nothing is lost but what was computed;
            # a recurrent state is told as one of more tokens than the stub has
            ("a_slot_keeps_the_last_turns_kv", "no_page_is_lost", "states_are_equal",
             "a_recurrent_state_is_that_of_the_committed_tokens"), turns.b4),
        Bug("B5", "creating a turn pops the history",
            # a session whose slot was reclaimed has lost its history all the same
            ("a_slot_has_a_finished_turn", "an_idle_slot_holds_at_most_the_last_turn",
             "states_are_equal"), turns.b5),
        Bug("B6", "nothing stops a second turn while one runs", ("answers_are_equal",), turns.b6),
        Bug("B7", "abort of turn n saves inflated lengths",
            ("an_idle_slot_holds_at_most_the_last_turn",), turns.b7),
        Bug("B8", "abort of the first turn leaves a slot",
            # in one step the slot may be reclaimed as well; its prompt may be published already
            ("a_slot_has_a_finished_turn", "an_idle_slot_holds_at_most_the_last_turn",
             "the_spec_allows_every_move", "a_protected_page_is_the_trees"), turns.b8),
        Bug("B9", "close frees the KV under a running turn",
            # the engine itself objects if the turn's batch is unread
            ("no_row_is_free_and_held", "the_engine_keeps_its_own_rules"), turns.b9),
        Bug("B10", "a retract loses the tail's locations", ("no_page_is_lost",), records.b10),
        Bug("B11", "the logit reserve is subtracted twice",
            # its scheduler may first reserve again what the turn has in the spec; of a prompt that
            # is all in the tree, a page of the tree is taken off
            ("no_page_is_lost", "states_are_equal", "the_spec_allows_every_move",
             "a_protected_page_is_the_trees"), records.b11),
        Bug("B12", "KV committed past the stop stays in the slot",
            ("committed_kv_is_that_of_the_tokens", "an_idle_slot_holds_at_most_the_last_turn"),
            records.b12),
        Bug("B13", "the tail is freed from inside a page",
            # in one action the freed page may be handed out, or freed again, even in a full pool
            ("no_page_is_free_and_held", "no_page_has_two_holders", "no_page_is_free_twice",
             "the_engine_keeps_its_own_rules"), records.b13),
        Bug("B14", "close keeps the recurrent state", ("no_recurrent_state_is_lost",), pools.b14),
        Bug("B15", "abort of the first turn keeps the recurrent state",
            ("no_recurrent_state_is_lost",), pools.b15),
        Bug("B16", "trimming leaves the window cursor beyond the new end",
            ("the_cursor_leaves_a_whole_window", "the_engine_keeps_its_own_rules"), records.b16),
        Bug("B18", "a flag that says a slot is lent sticks", ("pages_add_up",), accounting.b18),
        Bug("B19", "release forgets the first turn's tree lock", ("locks_balance",), pools.b19),
        Bug("B20", "past turns stay attached",
            ("an_attached_turn_is_in_flight_or_the_last",), turns.b20),
        Bug("N1", "KV of another namespace is reused",
            ("the_spec_allows_every_move", "a_protected_page_is_the_trees",
             "kv_stays_in_its_namespace", "states_are_equal"), pools.n1),
        Bug("N2", "a row goes on in the tree's own recurrent state",
            # in one action it may keep another copy as well, for which the spec has no room
            ("no_recurrent_state_has_two_holders", "the_spec_allows_every_move"), states.n2),
        Bug("N3", "an evicted node's recurrent state is lost",
            ("no_recurrent_state_is_lost",), states.n3),
        Bug("N4", "pages are read that lack their recurrent state",
            ("the_spec_allows_every_move",), states.n4),
        Bug("N5", "the recurrent state of later tokens is published",
            ("the_spec_allows_every_move",), states.n5),
        Bug("N6", "a recurrent state is not copied",
            ("a_recurrent_state_is_that_of_the_tokens",), states.n6),
        Bug("N7", "what a launched batch may still use is handed out",
            ("nothing_is_handed_out_that_a_launched_batch_may_use",), pools.n7),
        Bug("X1", "a turn that fails keeps its pages", ("no_page_is_lost",), faults.x1),
        Bug("X2", "a turn that fails keeps its row", ("no_row_is_lost",), faults.x2),
        Bug("X3", "a failed pass leaves recurrent states moved on",
            # in one action the turn may go on from there: what follows it is wrong as well
            ("a_recurrent_state_is_that_of_the_tokens", "committed_kv_is_that_of_the_tokens",
             "output_equals_that_of_the_dense_model"), faults.x3),
        Bug("X4", "lengths grow before a pass, and stay so where it fails",
            # the next launch of a step finds nothing left to compute
            ("states_are_equal", "the_engine_keeps_its_own_rules"), faults.x4),
        Bug("X5", "a turn that failed stays in flight",
            # its session has forgotten what it said; a close that waits for its end is due
            ("states_are_equal", "output_stays_within_its_limit", "the_engine_keeps_its_own_rules"),
            faults.x5),
        Bug("X6", "a failed batch takes all its turns down",
            ("a_turn_fails_where_it_meets_a_fault_and_no_other_does",), faults.x6),
        Bug("X7", "a result that cannot be read is lost",
            # a single move fails and may be made again; after a step the turn is over
            ("the_engine_keeps_its_own_rules", "the_spec_allows_every_move"), faults.x7),
        Bug("X8", "a turn fails because its drafter does",
            ("a_turn_fails_where_it_meets_a_fault_and_no_other_does",), faults.x8),
        Bug("X9", "a failed verification leaves a token counted",
            ("committed_kv_is_that_of_the_tokens",), faults.x9),
    )
}  # fmt: skip
