"""What has to be proved: for each action and property, the cases that must all be impossible."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import z3

from proofs.logic import FALSE, Fact
from proofs.machine import Machine, Transition
from proofs.maps import AGREE, NO_READ, NO_WRITE, ONCE
from proofs.paths import Path
from proofs.sums import Context, Goal
from proofs.symbolic import RANGE, SymbolicState
from proofs.values import as_formula
from spec.language import Action, Broken, Change, Rule

WELL_FORMED = "every cell holds a value of its sort"
ENSURE = "ensure: "
CHECKS = (NO_WRITE, NO_READ, AGREE, ONCE, RANGE)


@dataclass(frozen=True, eq=False)
class Case:
    """Under what is given, and all that is known of the state before, `goal` must hold."""

    given: tuple[z3.BoolRef, ...]
    facts: tuple[Fact, ...]
    goal: z3.BoolRef
    transition: Transition | None = None


class ActionObligations:
    """Everything that must be proved of one action."""

    def __init__(
        self, machine: Machine, action: Action, proves: Callable[[Case], bool] | None = None
    ) -> None:
        """With `proves`, which helps to tell how a sum changes, in a world of any size."""
        self.machine, self.action, self._proves = machine, action, proves
        self.transitions = machine.transitions(action)

    @cached_property
    def ensures(self) -> list[str]:
        """The sentences that the action and its helpers ensure."""
        words = [str(t.outcome) for t in self.transitions if isinstance(t.outcome, Broken)]
        return list(dict.fromkeys(words))

    @cached_property
    def properties(self) -> list[str]:
        """The names of what must be proved."""
        checks = {check.name for t in self.transitions for check in t.path.checks}
        return [
            *self.machine.rules.invariants,
            *(change.name for change in self.machine.rules.changes_after(self.action)),
            *(ENSURE + words for words in self.ensures),
            WELL_FORMED,
            *(name for name in CHECKS if name in checks),
        ]

    def cases(self, name: str) -> Iterator[Case]:
        """Generate the cases of one property, by path."""
        rules = self.machine.rules
        if name in rules.invariants:
            yield from self._each_end(lambda t: self._invariant(rules.invariants[name], t))
        elif name in rules.changes:
            yield from self._each_end(lambda t: self._change(rules.changes[name], t))
        elif name == WELL_FORMED:
            yield from self._each_end(self._well_formed)
        elif name.startswith(ENSURE):
            yield from self._broken(name.removeprefix(ENSURE))
        else:
            yield from self._checks(name)

    def _each_end(self, cases: Callable[[Transition], Iterator[Case]]) -> Iterator[Case]:
        for transition in self.transitions:
            if transition.is_done:
                with self.machine.sorts.forks.under(transition.path):
                    yield from cases(transition)

    def _case(self, t: Transition, given: tuple[z3.BoolRef, ...], goal: z3.BoolRef) -> Case:
        return Case((*t.path.given, *given), tuple(t.path.facts), goal, t)

    def _invariant(self, rule: Rule, t: Transition) -> Iterator[Case]:
        """Generate the case of `t`, unless it writes nothing that the invariant speaks of."""
        if not self.machine.reads[rule.name] & self.machine.written(t):
            return

        def proves(goal: Goal) -> bool:
            assert self._proves
            return self._proves(self._case(t, *goal))

        context = Context(rule.name, (), tuple(rule.params.values()), t.path, proves)

        def after(*values: Any) -> Any:
            context.variables = self.machine.terms(rule.params, values)
            return rule.run(t.after, *values)

        with self.machine.sorts.sums.of(context):
            given, goal = goal_of(self.machine, rule.params, after)
        yield self._case(t, (*given, *context.given), goal)
        for each in context.goals:
            yield self._case(t, *each)

    def _change(self, change: Change, t: Transition) -> Iterator[Case]:
        run = change.of_step(t.action, t.args.values(), t.outcome)
        given, goal = goal_of(
            self.machine, change.params, lambda *v: run(self.machine.before, t.after, *v)
        )
        yield self._case(t, given, goal)

    def _well_formed(self, t: Transition) -> Iterator[Case]:
        for name in sorted(self.machine.written(t)):
            fact = self.machine.well_formed(t.after, self.machine.rules.fields[name])
            if not z3.is_true(fact.body):
                yield self._case(t, *at_some(self.machine, fact))

    def _broken(self, words: str) -> Iterator[Case]:
        for t in self.transitions:
            if isinstance(t.outcome, Broken) and str(t.outcome) == words:
                yield self._case(t, (), FALSE)

    def _checks(self, name: str) -> Iterator[Case]:
        """Generate what paths noted on the way; paths that begin alike noted the same."""
        seen = set()
        for t in self.transitions:
            for check in t.path.checks:
                key = (tuple(g.get_id() for g in check.given), check.goal.get_id())
                if check.name == name and key not in seen and not z3.is_true(check.goal):
                    seen.add(key)
                    yield Case(check.given, check.facts, check.goal, t)


def goal_of(
    machine: Machine, params: dict[str, Any], body: Callable[..., Any]
) -> tuple[tuple[z3.BoolRef, ...], z3.BoolRef]:
    """Return what is known of one fresh value per parameter, and that `body` holds of them."""
    sorts = machine.sorts
    values = [sorts.constant(sort, f"some {name}") for name, sort in params.items()]
    known = [sorts.in_range(sort, v) for sort, v in zip(params.values(), values, strict=True)]
    goal = sorts.forks.merged(lambda: as_formula(body(*values)), as_goal=True)
    return tuple(fact for facts in known for fact in facts), goal


def at_some(machine: Machine, fact: Fact) -> tuple[tuple[z3.BoolRef, ...], z3.BoolRef]:
    """Return what is known of one fresh key per sort of `fact`, and `fact` there."""
    values = [machine.sorts.constant(s, f"some key {i}") for i, s in enumerate(fact.sorts)]
    known = [machine.sorts.in_range(s, v) for s, v in zip(fact.sorts, values, strict=True)]
    return tuple(k for ks in known for k in ks), fact.at(v.term for v in values)


def initial_cases(machine: Machine, name: str) -> Iterator[Case]:
    """Generate the one case of an invariant in the initial state; nothing is known before it."""
    rule = machine.rules.invariants[name]
    state = SymbolicState.initial(machine.sorts, machine.rules)
    with machine.sorts.forks.under(Path()):
        given, goal = goal_of(machine, rule.params, lambda *v: rule.run(state, *v))
    yield Case(given, (), goal)
