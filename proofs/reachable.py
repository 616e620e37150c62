"""Can it really happen? A counterexample to induction begins in a state that may be unreachable.

Its own small world is explored from the start. Either some run breaks a property there, the refuted
one if possible: that is the bug, as a trace. Or none does, and some facts of the counterexample
never hold together: an invariant that says so is missing. Or the world is too large to tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import permutations, product
from typing import Any

from proofs.counterexample import Counterexample, show, show_key
from proofs.declared import is_atom, is_record, name_of, parts_of
from proofs.obligations import ENSURE
from spec.language import NIL
from spec.machine.canonical import INTERCHANGEABLE
from spec.machine.concrete import ConcreteState, default
from spec.machine.expand import Cells
from spec.machine.explore import Exploration, Explorer
from spec.machine.rules import Field, Rules
from spec.machine.size import Size
from spec.machine.trace import Trace
from spec.machine.worlds import FEATURES, World, each

MOST_STATES = 50_000

Fact = tuple[str, Any, Any]  # field, key, value
Names = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Reached:
    """A run from the start that breaks a property, the shortest one of its world."""

    broken: str
    trace: Trace

    def __str__(self) -> str:
        """Write the run."""
        lines = [f"reached: {len(self.trace.steps)} actions from the start break {self.broken}"]
        return "\n".join([*lines, *(f"    {line}" for line in self.trace.code().splitlines())])


@dataclass(frozen=True)
class Unreachable:
    """No run of this world breaks anything; `facts` never hold together in any of its states."""

    states: int
    facts: tuple[str, ...]

    def __str__(self) -> str:
        """Write what excludes the counterexample."""
        return "\n".join([
            f"unreachable: none of the {self.states:,} states of this world has, together,",
            *(f"    {fact}" for fact in self.facts),
            "strengthen: an invariant that says so would exclude the counterexample",
        ])  # fmt: skip


@dataclass(frozen=True)
class Undecided:
    """The search was given up after so many states."""

    states: int

    def __str__(self) -> str:
        """Say how far the search came."""
        return f"undecided: no run among the first {self.states:,} states leads to a violation"


def follow(
    rules: Rules,
    found: Counterexample,
    refuted: str,
    worlds: Iterable[World] = (),
    max_states: int = MOST_STATES,
) -> Reached | Unreachable | Undecided:
    """Search the world of a counterexample, then `worlds`, for a real run that goes wrong.

    A run that breaks `refuted`, the property in question, is told before one that breaks another.
    """
    likeness = Likeness(rules, found.before)
    own = world_of(found.size)
    explored = Explorer(rules, own).run(max_states, visit=likeness.compare)
    searched = [own, *worlds] if explored.violation else [*worlds]
    reached = reach(only(rules, refuted), searched, max_states)
    if reached is None or reached.broken != refuted.removeprefix(ENSURE):
        reached = reach(rules, searched, max_states)
    if reached is not None:
        return reached
    if not explored.complete:
        return Undecided(explored.states)
    return Unreachable(explored.states, tuple(likeness.never_together()))


def only(rules: Rules, name: str) -> Rules:
    """Return the same actions with no property but this one."""
    return replace(
        rules,
        invariants={each: rule for each, rule in rules.invariants.items() if each == name},
        changes={each: rule for each, rule in rules.changes.items() if each == name},
    )


def reach(rules: Rules, worlds: Iterable[World], max_states: int) -> Reached | None:
    """Return the shortest run that breaks a property in the first world that has one."""
    explored = (Explorer(rules, world).run(max_states) for world in worlds)
    return next(filter(None, map(reached_in, explored)), None)


def reached_in(explored: Exploration) -> Reached | None:
    """Return the shortest run that breaks a property, if one was found."""
    if explored.violation is None:
        return None
    name, steps = explored.violation
    return Reached(name, Trace(explored.world.size, tuple(steps)))


@cache
def world_of(size: Size) -> World:
    """Return a world of this size in which everything may happen."""
    asks = each(range(1, size.context_len + 1), (0, 1, 2), range(size.texts))
    return World("counterexample", size, asks, features=frozenset(FEATURES))


class Likeness:
    """How much of one state, up to the names of identities, any of many other states has."""

    def __init__(self, rules: Rules, like: ConcreteState) -> None:
        self._rules, self._size = rules, like.size
        self._facts = sorted(facts_of(rules, like), key=lambda fact: _is_default(like, fact))
        self._places = [(rules.fields[f], k, v) for f, k, v in self._facts]
        self._fields = {name: i for i, name in enumerate(rules.fields)}
        self._renamings = list(_renamings(self._size))
        self._masks: set[int] = set()

    def compare(self, cells: Cells) -> None:
        """Note which of the facts hold in a state, for each way to name its identities."""
        for names in self._renamings:
            mask = 0
            for i, (field, key, value) in enumerate(self._places):
                keys = _rename(field.keys, key if len(field.keys) > 1 else (key,), names)
                cell = cells[self._fields[field.name]].get(
                    keys if len(field.keys) > 1 else keys[0], default(field.value)
                )
                mask |= (cell == _renamed_value(field, value, names)) << i
            self._masks.add(mask)

    def never_together(self) -> Iterator[str]:
        """Generate facts that no state had together; without any one of them, some state did."""
        kept = (1 << len(self._facts)) - 1
        if any(mask == kept for mask in self._masks):
            return
        for i in reversed(range(len(self._facts))):
            fewer = kept & ~(1 << i)
            if not any(mask & fewer == fewer for mask in self._masks):
                kept = fewer
        for i, (name, key, value) in enumerate(self._facts):
            if kept >> i & 1:
                field = self._rules.fields[name]
                yield f"{name}[{show_key(field, key)}] = {show(field.value, value)}"


def facts_of(rules: Rules, state: ConcreteState) -> Iterator[Fact]:
    """Generate the cells of a state, ghosts left out."""
    for name, field in rules.fields.items():
        if not field.ghost:
            for keys in state.size.tuples(field.keys):
                key = keys if len(keys) > 1 else keys[0]
                yield name, key, getattr(state, name)[key]


def _is_default(state: ConcreteState, fact: Fact) -> bool:
    name, _, value = fact
    return bool(value == getattr(state, name).default)


def _renamings(size: Size) -> Iterator[Names]:
    sorts = [sort for sort in INTERCHANGEABLE if getattr(size, f"{sort.lower()}s")]
    ways = [permutations(range(getattr(size, f"{sort.lower()}s"))) for sort in sorts]
    for chosen in product(*ways):
        yield dict(zip(sorts, chosen, strict=True))


def _rename(sorts: tuple[Any, ...], keys: tuple[Any, ...], names: Names) -> tuple[Any, ...]:
    return tuple(_renamed(sort, key, names) for sort, key in zip(sorts, keys, strict=True))


def _renamed(sort: Any, value: Any, names: Names) -> Any:
    renamed = names.get(name_of(sort)) if is_atom(sort) else None
    return value if renamed is None or value is NIL else renamed[value]


def _renamed_value(field: Field, value: Any, names: Names) -> Any:
    if value is not NIL and is_record(field.value):
        return field.value(*_rename(tuple(parts_of(field.value)), value, names))
    return _renamed(field.value, value, names)
