"""The concrete and the symbolic interpreter are one machine: what one does, the other says."""

import random
from collections import Counter

import pytest

from proofs.conformance import Conformance
from proofs.samples import gone_wrong, has_no_effect, samples
from spec.machine.check import Checker
from spec.machine.concrete import Size
from spec.machine.rules import rules
from spec.machine.variant import Edit, variant
from spec.machine.worlds import World

WORLDS = [
    World("page size 1", Size(2, 4, 2, 4, 1, 4), new=(1, 2), max_new=(0, 1, 2)),
    World("page size 2", Size(2, 4, 2, 4, 2, 6), new=(1, 2), max_new=(0, 1, 3)),
    World("page size 3", Size(1, 3, 1, 4, 3, 8), new=(1, 2, 4), max_new=(0, 2, 3)),
]
EACH = 8


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_the_symbolic_action_admits_the_state_after_and_no_other(world: World) -> None:
    conformance, effective = Conformance(rules(), world.size), Counter[str]()
    for sample in samples(rules(), world, EACH, seed=0):
        effective[sample.action.name] += not has_no_effect(sample)
        disagreement = conformance.disagreement(sample)
        assert disagreement is None, f"{sample.action.name}{sample.args}: {disagreement}"
    assert effective == dict.fromkeys(rules().actions, EACH)


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_both_judge_good_and_bad_states_alike(world: World) -> None:
    conformance, rng = Conformance(rules(), world.size), random.Random(0)
    checker, violated = Checker(rules(), world.size), set[str]()
    for sample in samples(rules(), world, EACH, seed=1):
        for state in (sample.before, gone_wrong(sample.before, rng)):
            assert conformance.misjudged(state) == []
            violated.update(checker.violated(state))
    assert len(violated) >= len(rules().invariants) - 3, "states go wrong in many ways"


def test_a_difference_between_the_two_is_noticed() -> None:
    edit = Edit("kv", "s.pages(n), s.pages(s.allocated[r]))", "0, s.pages(s.allocated[r]))")
    world = WORLDS[1]
    other = Conformance(variant(edit), world.size)
    found = [other.disagreement(sample) for sample in samples(rules(), world, EACH, seed=0)]
    assert any(found)
