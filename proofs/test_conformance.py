"""The concrete and the symbolic interpreter are one machine: what one does, the other says."""

import random
from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest

from proofs.conformance import Conformance
from proofs.samples import Sample, gone_wrong, has_no_effect, possible, samples, take
from spec.language import Action
from spec.machine.check import Checker
from spec.machine.concrete import ConcreteState
from spec.machine.expand import Cells
from spec.machine.explore import Explorer
from spec.machine.rules import rules
from spec.machine.size import Size
from spec.machine.variant import Edit, variant
from spec.machine.worlds import FEATURES, World

SIZES = [
    Size(2, 4, 2, 4, page_size=1, context_len=4, texts=3, namespaces=2),
    Size(2, 4, 2, 4, page_size=2, context_len=6, lookahead=2, window=1, window_pages=3),
    Size(1, 3, 1, 4, page_size=3, context_len=8, lookahead=1, recurrents=2),
]
EACH = 5

SMALL = World(
    "small", Size(1, 2, 1, 2, page_size=2, context_len=2), asks=((1, 0, 0), (1, 1, 0)),
    features=frozenset(FEATURES),
)  # fmt: skip
"""A world of 237 states."""

NUM_STEPS = 2_378
"""Its steps, idle ones that are alike left out; only changed on purpose."""


@cache
def world(size: Size) -> Conformance:
    """A world of the spec as it stands."""
    return Conformance(rules(), size)


@cache
def sampled(size: Size) -> list[Sample]:
    """Steps of the spec as it stands: to meet rare actions takes many random runs."""
    return list(samples(rules(), size, EACH, seed=0))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"page_size_{size.page_size}")
def test_the_symbolic_action_admits_the_state_after_and_no_other(size: Size) -> None:
    effective = Counter[str]()
    for sample in sampled(size):
        effective[sample.action.name] += not has_no_effect(sample)
        disagreement = world(size).disagreement(sample)
        assert disagreement is None, f"{sample.action.name}{sample.args}: {disagreement}"
    assert all(effective[name] >= EACH for name in possible(rules(), size))


def every_step() -> Iterator[Sample]:
    """Every step of a small world from every state, and each action that one state in ten forbids.

    Refusals of one request for one reason are alike, and one of them per state is enough.
    """
    found: list[Cells] = []
    Explorer(rules(), SMALL).run(visit=found.append)
    for number, cells in enumerate(found):
        state, alike = ConcreteState.of(rules(), SMALL.size, cells), set[tuple[str, object]]()
        for name, action in rules().actions.items():
            for args in SMALL.arguments(state, name):
                sample = take(state, action, args, min)
                kind = (name, sample.answer if sample.after else type(sample.answer))
                if has_no_effect(sample):
                    if kind in alike or (sample.after is None and number % 10):
                        continue
                    alike.add(kind)
                yield sample


def test_all_steps_from_all_states_of_a_small_world_agree() -> None:
    conformance, num = Conformance(rules(), SMALL.size), 0
    for sample in every_step():
        num += 1
        disagreement = conformance.disagreement(sample)
        assert disagreement is None, f"{sample.action.name}{sample.args}: {disagreement}"
    assert num == NUM_STEPS


@pytest.mark.parametrize("action", rules().actions.values(), ids=lambda action: action.name)
def test_every_path_that_the_solver_takes_is_executed_alike(action: Action) -> None:
    paths = world(SIZES[1]).paths(action)
    assert len(paths) > 1
    for sample in paths:
        assert world(SIZES[1]).disagreement(sample) is None


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"page_size_{size.page_size}")
def test_both_judge_good_and_bad_states_alike(size: Size) -> None:
    rng = random.Random(0)
    for sample in sampled(size)[::5]:
        assert Checker(rules(), size).violated(sample.before) == []
        for state in (sample.before, gone_wrong(sample.before, rng)):
            assert world(size).misjudged(state) == []


@pytest.mark.parametrize("name", rules().invariants)
def test_where_the_solver_breaks_an_invariant_the_spec_text_sees_it(name: str) -> None:
    for size in SIZES:
        if state := world(size).broken(name):
            assert name in Checker(rules(), size).violated(state)
            assert world(size).misjudged(state) == []
            return
    pytest.fail("no state of these worlds breaks it")


def test_a_difference_between_the_two_is_noticed() -> None:
    edit = Edit("requests", "s.limit[t] = s.prompt[t] + max_new", "s.limit[t] = s.prompt[t]")
    other = Conformance(variant(edit), SIZES[1])
    found = map(other.disagreement, samples(rules(), SIZES[1], EACH, seed=0))
    assert "the symbolic action does not admit the state after" in found
