"""Concrete steps and states to compare the interpreters on: random runs, and states gone wrong."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from proofs.choosing import Choosing, Pick
from proofs.declared import is_atom, is_enum, is_record, parts_of
from spec.language import NIL, Action, Forbidden, Len, NoRoom
from spec.machine.concrete import ConcreteState, Size
from spec.machine.rules import Rules


@dataclass(frozen=True)
class Sample:
    """One concrete step, or an attempt that its guard forbade."""

    before: ConcreteState
    action: Action
    args: tuple[Any, ...]
    chosen: list[list[int]]  # by each choice that the action made
    after: ConcreteState | None  # None: forbidden
    answer: Any = None


def take(state: ConcreteState, action: Action, args: tuple[Any, ...], pick: Pick) -> Sample:
    """Run `action` with the choices that `pick` makes. Raise NoRoom where there is none."""
    after = Choosing(state, pick)
    try:
        answer = action.run(after, *args)
    except Forbidden:
        return Sample(state, action, args, [], None)
    return Sample(state, action, args, after.chosen, after.fork(), answer)


def run(rules: Rules, size: Size, rng: random.Random, seen: Counter[str]) -> Iterator[Sample]:
    """Generate the steps of one random run, which prefers actions that `seen` counts least.

    A run leaves some actions out (a swarm): one that never aborts or closes gets far.
    """
    state, keep = ConcreteState(rules, size), rng.uniform(0.6, 1.0)
    swarm = [name for name in rules.actions if rng.random() < keep]
    for _ in range(60):
        names = sorted(swarm, key=lambda name: seen[name] * rng.random())
        for sample in _attempts(state, names, rng):
            yield sample
            if sample.after is not None and not has_no_effect(sample):
                state = sample.after
                break
        else:
            return


def _attempts(state: ConcreteState, names: list[str], rng: random.Random) -> Iterator[Sample]:
    """Generate what can be done in `state`, and a few attempts that are forbidden."""
    after = Choosing(state, rng.choice)
    for name in names:
        action = state.rules.actions[name]
        for args in _arguments(action, state.size, rng):
            try:
                answer = action.run(after, *args)
            except Forbidden:  # a guard comes before all effects, so `after` is still `state`
                if rng.random() < 0.02:
                    yield Sample(state, action, args, [], None)
            except NoRoom:
                after = Choosing(state, rng.choice)
            else:
                yield Sample(state, action, args, after.chosen, after.fork(), answer)
                after = Choosing(state, rng.choice)


def _arguments(action: Action, size: Size, rng: random.Random) -> list[tuple[Any, ...]]:
    """Return some arguments, in random order."""
    arguments = _all_arguments(action, size)
    return rng.sample(arguments, min(len(arguments), 20))


@cache
def _all_arguments(action: Action, size: Size) -> list[tuple[Any, ...]]:
    return list(product(*[_values(sort, size) for sort in action.params.values()]))


def _values(sort: Any, size: Size) -> Sequence[Any]:
    if sort == Len:
        return range(size.context_len)
    return list(sort) if is_enum(sort) else size.domain(sort)


def samples(rules: Rules, size: Size, each: int, seed: int) -> Iterator[Sample]:
    """Generate samples: every action `each` times with an effect, and as often at most without.

    Beyond that come those that are the first to be one of the text's cases.
    """
    rng, effective, idle, cases = random.Random(seed), Counter[str](), Counter[str](), set[str]()
    while any(effective[name] < each for name in rules.actions):
        for sample in run(rules, size, rng, effective):
            name = sample.action.name
            counter = idle if has_no_effect(sample) else effective
            counter[name] += 1
            new_cases = cases_of(sample) - cases
            cases |= new_cases
            if counter[name] <= each or new_cases:
                yield sample


def cases_of(sample: Sample) -> set[str]:
    """Return the names of the text's cases that `sample` is one of."""
    if sample.after is None:
        return set()
    return {
        case.name
        for case in sample.before.rules.cases.values()
        if case.action is sample.action and case.run(sample.before, *sample.args)
    }


def has_no_effect(sample: Sample) -> bool:
    """Whether the action was forbidden or refused."""
    return sample.after is None or sample.after.same_as(sample.before)


def gone_wrong(state: ConcreteState, rng: random.Random) -> ConcreteState:
    """Return a copy of `state` with a few cells overwritten at random."""
    wrong = state.fork()
    for _ in range(rng.randint(1, 3)):
        name = rng.choice(list(state.rules.fields))
        field = state.rules.fields[name]
        key = rng.choice(list(state.size.tuples(field.keys)))
        place = key if len(key) > 1 else key[0]
        getattr(wrong, name)[place] = _any_value(field.value, state.size, rng)
    return wrong


def _any_value(sort: Any, size: Size, rng: random.Random) -> Any:
    if sort is bool:
        return rng.random() < 0.5
    if is_record(sort):
        return sort(*[rng.choice(size.domain(part)) for part in parts_of(sort)])
    return rng.choice([*_values(sort, size), *([NIL] if is_atom(sort) else [])])
