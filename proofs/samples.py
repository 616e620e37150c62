"""Concrete steps and states to compare the interpreters on: random runs, and states gone wrong."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from proofs.choosing import Choosing, Pick
from proofs.declared import is_atom, is_enum, is_record, parts_of
from proofs.reachable import world_of
from spec.language import NIL, Action, Count, Forbidden, Len, NoRoom
from spec.machine.concrete import ConcreteState
from spec.machine.rules import Rules
from spec.machine.size import Size


@dataclass(frozen=True)
class Sample:
    """One concrete step, or an attempt that its guard forbade or that found no room."""

    before: ConcreteState
    action: Action
    args: tuple[Any, ...]
    chosen: list[list[int]]  # by each choice that the action made
    after: ConcreteState | None  # None: nothing was done
    answer: Any = None  # or what was raised


def take(state: ConcreteState, action: Action, args: tuple[Any, ...], pick: Pick) -> Sample:
    """Run `action` with the choices that `pick` makes."""
    after = Choosing(state, pick)
    try:
        answer = action.run(after, *args)
    except (Forbidden, NoRoom) as raised:
        return Sample(state, action, args, [], None, raised)
    return Sample(state, action, args, after.chosen, after.fork(), answer)


def run(state: ConcreteState, rng: random.Random, seen: Counter[str]) -> Iterator[Sample]:
    """Generate the steps of one random run, which prefers actions that `seen` counts least.

    A run leaves some actions out (a swarm): one that never aborts or closes gets far.
    """
    keep = rng.uniform(0.5, 1.0)
    swarm = [name for name in state.rules.actions if rng.random() < keep]
    for _ in range(40):
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
        for args in _arguments(action, state, rng):
            try:
                answer = action.run(after, *args)
            except Forbidden as raised:  # before all effects, so `after` is still `state`
                if rng.random() < 0.02:
                    yield Sample(state, action, args, [], None, raised)
            except NoRoom:
                after = Choosing(state, rng.choice)
            else:
                yield Sample(state, action, args, after.chosen, after.fork(), answer)
                after = Choosing(state, rng.choice)


def _arguments(action: Action, state: ConcreteState, rng: random.Random) -> list[tuple[Any, ...]]:
    """Return some arguments, in random order: some that make sense, some that need not."""
    sensible = list(world_of(state.size).arguments(state, action.name))
    arguments = rng.sample(sensible, min(len(sensible), 15))
    sorts = action.params.values()
    arguments += [tuple(rng.choice(_values(s, state.size)) for s in sorts) for _ in range(5)]
    return rng.sample(arguments, len(arguments))


def possible(rules: Rules, size: Size) -> set[str]:
    """Return the actions that can ever happen in a world of this size."""
    out = set() if size.sliding else {"slide"}
    out |= {"verify"} if size.hybrid else set()
    out |= {"publish", "evict"} if size.recurrents == 1 else set()  # it is the row's
    out |= set() if size.lookahead else {"verify"}
    return set(rules.actions) - out


def _values(sort: Any, size: Size) -> Sequence[Any]:
    if sort in (Len, Count):
        return range(size.context_len)
    return list(sort) if is_enum(sort) else size.domain(sort)


def samples(rules: Rules, size: Size, each: int, seed: int) -> Iterator[Sample]:
    """Generate samples: every action `each` times with an effect, and as often at most without.

    Beyond that come those that are the first to be one of the text's cases.
    """
    rng, effective, idle, cases = random.Random(seed), Counter[str](), Counter[str](), set[str]()
    met: dict[str, list[ConcreteState]] = {}  # states in which an action happened
    while any(effective[name] < each for name in possible(rules, size)):
        start = ConcreteState(rules, size)
        if met and rng.random() < 0.7:
            start = rng.choice(met[min(met, key=lambda name: effective[name] * rng.random())])
        for sample in run(start, rng, effective):
            name = sample.action.name
            if not has_no_effect(sample):
                met.setdefault(name, []).append(sample.before)
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
        field = rng.choice(list(state.rules.fields.values()))
        if not (keys := list(state.size.tuples(field.keys))):
            continue  # this world has no such identities
        key = rng.choice(keys)
        place = key if len(key) > 1 else key[0]
        getattr(wrong, field.name)[place] = _any_value(field.value, state.size, rng)
    return wrong


def _any_value(sort: Any, size: Size, rng: random.Random) -> Any:
    if sort is bool:
        return rng.random() < 0.5
    if is_record(sort):
        return sort(*[rng.choice(size.domain(part)) for part in parts_of(sort)])
    return rng.choice([*_values(sort, size), *([NIL] if is_atom(sort) else [])])
