"""Concrete steps and states to compare the interpreters on: random runs, and states gone wrong."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from proofs.choosing import Choosing
from proofs.sorts import is_atom, is_enum, is_record, parts_of
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


def take(state: ConcreteState, action: Action, args: tuple[Any, ...], rng: random.Random) -> Sample:
    """Run `action`, drawing every choice. Raise NoRoom where there is none."""
    after = Choosing(state, rng.choice)
    try:
        answer = action.run(after, *args)
    except Forbidden:
        return Sample(state, action, args, [], None)
    return Sample(state, action, args, after.chosen, after.fork(), answer)


def run(rules: Rules, size: Size, rng: random.Random, seen: Counter[str]) -> Iterator[Sample]:
    """Generate the steps of one random run, which prefers actions that `seen` counts least."""
    state = ConcreteState(rules, size)
    for _ in range(100):
        names = sorted(rules.actions, key=lambda name: seen[name] * rng.random())
        for sample in _attempts(state, names, rng):
            yield sample
            if sample.after is not None and not has_no_effect(sample):
                state = sample.after
                break


def _attempts(state: ConcreteState, names: list[str], rng: random.Random) -> Iterator[Sample]:
    """Generate what can be done in `state`, and a few attempts that are forbidden."""
    for name in names:
        action = state.rules.actions[name]
        for args in _arguments(action, state.size, rng):
            try:
                sample = take(state, action, args, rng)
            except NoRoom:
                continue
            if sample.after is not None or rng.random() < 0.02:
                yield sample


def _arguments(action: Action, size: Size, rng: random.Random) -> list[tuple[Any, ...]]:
    """Return arguments of every kind, in random order."""
    arguments = list(product(*[_values(sort, size) for sort in action.params.values()]))
    return rng.sample(arguments, min(len(arguments), 50))


def _values(sort: Any, size: Size) -> Sequence[Any]:
    if sort == Len:
        return range(size.context_len)
    return list(sort) if is_enum(sort) else size.domain(sort)


def samples(rules: Rules, size: Size, each: int, seed: int) -> Iterator[Sample]:
    """Generate samples: every action `each` times with an effect, and as often at most without."""
    rng, effective, idle = random.Random(seed), Counter[str](), Counter[str]()
    while any(effective[name] < each for name in rules.actions):
        for sample in run(rules, size, rng, effective):
            name = sample.action.name
            counter = idle if has_no_effect(sample) else effective
            counter[name] += 1
            if counter[name] <= each:
                yield sample


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
