"""The concrete and the symbolic interpreter are one machine: what one does, the other says."""

import random
from collections import Counter
from itertools import islice

import pytest

from proofs.conformance import Conformance
from proofs.samples import gone_wrong, has_no_effect, samples
from spec.language import Action
from spec.machine.check import Checker
from spec.machine.concrete import Size
from spec.machine.rules import rules
from spec.machine.variant import Edit, variant

SIZES = [
    Size(2, 4, 2, 4, page_size=1, context_len=4),
    Size(2, 4, 2, 4, page_size=2, context_len=6),
    Size(1, 3, 1, 4, page_size=3, context_len=8),
]
EACH = 8


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"page_size_{size.page_size}")
def test_the_symbolic_action_admits_the_state_after_and_no_other(size: Size) -> None:
    conformance, effective = Conformance(rules(), size), Counter[str]()
    for sample in samples(rules(), size, EACH, seed=0):
        effective[sample.action.name] += not has_no_effect(sample)
        disagreement = conformance.disagreement(sample)
        assert disagreement is None, f"{sample.action.name}{sample.args}: {disagreement}"
    assert all(effective[name] >= EACH for name in rules().actions)


@pytest.mark.parametrize("action", rules().actions.values(), ids=lambda action: action.name)
def test_every_path_that_the_solver_takes_is_executed_alike(action: Action) -> None:
    conformance, num_paths = Conformance(rules(), SIZES[1]), 0
    for sample in conformance.paths(action):
        num_paths += 1
        assert conformance.disagreement(sample) is None
    assert num_paths > 1


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"page_size_{size.page_size}")
def test_both_judge_good_and_bad_states_alike(size: Size) -> None:
    conformance, rng = Conformance(rules(), size), random.Random(0)
    checker, violated = Checker(rules(), size), set[str]()
    for sample in islice(samples(rules(), size, EACH, seed=1), 0, None, 3):
        for state in (sample.before, gone_wrong(sample.before, rng)):
            assert conformance.misjudged(state) == []
            violated.update(checker.violated(state))
    assert len(violated) >= len(rules().invariants) - 6, "states go wrong in many ways"


def test_a_difference_between_the_two_is_noticed() -> None:
    edit = Edit("requests", "s.limit[t] = s.prompt[t] + max_new", "s.limit[t] = s.prompt[t]")
    other = Conformance(variant(edit), SIZES[1])
    found = map(other.disagreement, samples(rules(), SIZES[1], EACH, seed=0))
    assert "the symbolic action does not admit the state after" in found
