"""Every obligation is proved: one test each, named action-property."""

from functools import cache

import pytest

from proofs.parallel import prove_all
from proofs.prover import INIT, LENGTHS, Prover, find_counterexample, obligations, prove
from spec.machine.rules import rules
from spec.machine.variant import Edit, variant

NUM_OBLIGATIONS = 1617
OBLIGATIONS = obligations()


@cache
def prover() -> Prover:
    """The prover of this process: an action is run symbolically once."""
    return Prover(rules())


@pytest.mark.parametrize(
    ("action", "name"), OBLIGATIONS, ids=[f"{a}-{n}".replace(" ", "_") for a, n in OBLIGATIONS]
)
def test_it_is_true_at_every_size(action: str, name: str) -> None:
    result = prover().prove(action, name)
    assert result.verdict == "proved", f"{result}: {result.verdict}\n{result.counterexample}"


def test_the_number_of_obligations_changes_only_on_purpose() -> None:
    assert len(OBLIGATIONS) == len(set(OBLIGATIONS)) == NUM_OBLIGATIONS


def test_every_action_is_under_every_invariant() -> None:
    for action in (INIT, *rules().actions):
        assert {(action, name) for name in rules().invariants} <= set(OBLIGATIONS)


def test_two_processes_prove_the_same_in_the_same_order() -> None:
    actions = [INIT, LENGTHS, "open", "abort"]
    one = [(r.action, r.property, r.verdict) for r in prove_all(processes=1, actions=actions)]
    two = [(r.action, r.property, r.verdict) for r in prove_all(processes=2, actions=actions)]
    assert one == two
    assert [(a, n) for a, n, _ in one] == [o for o in OBLIGATIONS if o[0] in actions]


def test_one_obligation_can_be_proved_alone() -> None:
    (result,) = prove(action="finish", property="req_nodes_is_a_finished_turn")
    assert (str(result), result.verdict) == ("finish: req_nodes_is_a_finished_turn", "proved")
    assert result.queries > 0


def test_what_is_proved_has_no_counterexample() -> None:
    assert find_counterexample(rules(), "resume", "a_listed_page_is_held") is None


def test_an_invariant_that_is_false_at_the_start_is_refuted() -> None:
    edit = Edit(
        "invariants",
        "    return implies(s.in_flight[x] != NIL, s.prompt[s.in_flight[x]] != 0)\n",
        "    return s.opened[x]\n",
    )
    (result,) = prove(variant(edit), INIT, "a_turn_in_flight_has_a_prompt")
    assert result.verdict == "refuted"


def test_without_a_lemma_the_others_are_not_inductive() -> None:
    lemma = "s.locks[c] == s.count(Row, lambda r: reads(s, r, c))"
    weaker = variant(Edit("invariants", lemma, "s.locks[c] == s.locks[c]"))
    (result,) = prove(weaker, "evict", "a_protected_page_is_the_trees")
    assert result.verdict == "refuted"
