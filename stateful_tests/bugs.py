"""Planted bugs: what really went wrong somewhere, put into the engine one at a time.

A bug replaces single methods of one engine object; no file is edited. Each must be caught by name:
a harness that misses one of them says nothing when it finds nothing.

B1 to B20 have the numbers of the project's list of bugs; `proofs/planted` puts the same ones into
the spec text. B17 is in neither: there a cache embedded the session layer, which called it back
without end. Here the session layer is no cache that another one wraps: it calls the tree, and the
tree calls nobody, so no method can be replaced that would bring the recursion back. The spec has no
layers at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from impl.engine import Engine
from stateful_tests.difference import Difference
from stateful_tests.engines.reference.engine import ReferenceEngine
from stateful_tests.fuzz import Fuzz
from stateful_tests.lockstep import Lockstep
from stateful_tests.planted import accounting, pools, records, states, turns
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
    seconds: float
    runs: int
    actions: int


def hunt(bug: Bug, seed: int = 0, seconds: float = 60) -> Hunt:
    """Look for `bug` in drawn runs, knowing nothing of it."""
    fuzz = Fuzz(seed, make=bug.lockstep)
    failure = fuzz.run(seconds)
    return Hunt(
        failure.difference if failure else None,
        failure.setting if failure else None,
        fuzz.seconds,
        fuzz.runs,
        sum(fuzz.actions.values()),
    )


BUGS = {
    bug.id: bug
    for bug in (
        Bug("B1", "an unaligned committed length is reported as protected",
            ("the_protected_prefix_is_page_aligned", "no_page_is_lost"), records.b1),
        Bug("B2", "the speculative tail stays in the slot",
            ("an_idle_slot_holds_at_most_the_last_turn",), records.b2),
        Bug("B3", "a lent slot is counted twice", ("pages_add_up",), accounting.b3),
        Bug("B4", "a turn that never ran leaves its stub in the slot",
            # within one page no invariant is broken, and nothing is lost but what was computed
            ("a_slot_keeps_the_last_turns_kv", "no_page_is_lost", "states_are_equal"), turns.b4),
        Bug("B5", "creating a turn pops the history",
            ("a_slot_has_a_finished_turn", "an_idle_slot_holds_at_most_the_last_turn"), turns.b5),
        Bug("B6", "nothing stops a second turn while one runs", ("answers_are_equal",), turns.b6),
        Bug("B7", "abort of turn n saves inflated lengths",
            ("an_idle_slot_holds_at_most_the_last_turn",), turns.b7),
        Bug("B8", "abort of the first turn leaves a slot",
            # in one step of the engine the slot may be reclaimed as well
            ("a_slot_has_a_finished_turn", "an_idle_slot_holds_at_most_the_last_turn",
             "the_spec_allows_every_move"), turns.b8),
        Bug("B9", "close frees the KV under a running turn",
            # the engine itself objects if the turn's batch is unread
            ("no_row_is_free_and_held", "the_engine_keeps_its_own_rules"), turns.b9),
        Bug("B10", "a retract loses the tail's locations", ("no_page_is_lost",), records.b10),
        Bug("B11", "the logit reserve is subtracted twice",
            # its scheduler may first reserve again what the turn has in the spec
            ("no_page_is_lost", "states_are_equal", "the_spec_allows_every_move"), records.b11),
        Bug("B12", "KV committed past the stop stays in the slot",
            ("committed_kv_is_that_of_the_tokens", "an_idle_slot_holds_at_most_the_last_turn"),
            records.b12),
        Bug("B13", "the tail is freed from inside a page",
            # in one step of the engine the freed page may be handed out again
            ("no_page_is_free_and_held", "no_page_has_two_holders"), records.b13),
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
             "kv_stays_in_its_namespace"), pools.n1),
        Bug("N2", "a row goes on in the tree's own recurrent state",
            ("no_recurrent_state_has_two_holders",), states.n2),
        Bug("N3", "an evicted node's recurrent state is lost",
            ("no_recurrent_state_is_lost",), states.n3),
        Bug("N4", "pages are read that lack their recurrent state",
            ("the_spec_allows_every_move",), states.n4),
        Bug("N5", "the recurrent state of later tokens is published",
            ("the_spec_allows_every_move",), states.n5),
        Bug("N6", "a recurrent state is not copied",
            ("a_recurrent_state_is_that_of_the_tokens",), states.n6),
    )
}  # fmt: skip
