"""A counterexample is followed: to a run from the start, or to what makes it unreachable."""

from __future__ import annotations

from dataclasses import replace

from proofs.counterexample import Counterexample
from proofs.obligations import ENSURE
from proofs.planted import PLANTED
from proofs.prover import find_counterexample
from proofs.reachable import Reached, Undecided, Unreachable, follow
from spec.machine.rules import Rules, rules

PROTECTED_STAYS = f"{ENSURE}what the tree protects is not this row's to give back"
"""What a retract can only break if a slot may belong to a session that has finished no turn."""


def test_a_run_that_breaks_something_else_is_told_where_none_breaks_what_was_refuted() -> None:
    bug = {each.number: each for each in PLANTED}["B8"]
    found = find_counterexample(bug.rules, *bug.fails[0])
    assert found is not None
    followed = follow(bug.rules, found, "output_stays_within_its_limit")
    assert isinstance(followed, Reached)
    assert followed.broken == "an_aborted_running_turn_leaves_its_session_empty"


def without_an_invariant() -> tuple[Rules, Counterexample]:
    """Return rules that lack an invariant, and a counterexample that it would exclude."""
    text = rules()
    kept = {n: rule for n, rule in text.invariants.items() if n != "a_slot_has_a_finished_turn"}
    weak = replace(text, invariants=kept)
    found = find_counterexample(weak, "retract", PROTECTED_STAYS)
    assert found is not None
    return weak, found


def test_what_excludes_a_counterexample_that_no_run_leads_to_is_told() -> None:
    weak, found = without_an_invariant()
    followed = follow(weak, found, PROTECTED_STAYS)
    assert isinstance(followed, Unreachable)
    assert followed.facts == ("in_flight[x0] = t0", "slot[x0] = r0")


def test_nothing_is_claimed_of_a_world_that_was_not_explored_to_its_end() -> None:
    weak, found = without_an_invariant()
    assert isinstance(follow(weak, found, PROTECTED_STAYS, max_states=20), Undecided)
