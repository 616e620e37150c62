"""The machine as the prover sees it: any state with every invariant, and each action's paths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import z3

from proofs.declared import is_atom
from proofs.logic import Fact, conjunction, equal, largest_cell
from proofs.paths import Path
from proofs.sorts import Sorts
from proofs.sums import Context
from proofs.symbolic import SymbolicState
from spec.language import Action, Rule
from spec.machine.concrete import default
from spec.machine.rules import Field, Rules
from spec.machine.size import Size


@dataclass(frozen=True, eq=False)
class Transition:
    """One path of an action from any state."""

    action: Action
    args: dict[str, Any]
    path: Path
    after: SymbolicState  # where `outcome` is no exception
    outcome: Any  # the answer, or what was raised: Forbidden, NoRoom or Broken

    @property
    def is_done(self) -> bool:
        """Whether the action was carried out."""
        return not isinstance(self.outcome, Exception)


class Machine:
    """The state before an action, what is known of it, and the actions' paths from there."""

    def __init__(self, rules: Rules, size: Size | None = None) -> None:
        """Of any size if none is given."""
        self.rules, self.size = rules, size
        self.sorts = Sorts(rules, size)
        self.before = SymbolicState.unknown(self.sorts, rules)
        self.axioms = self._axioms()
        self.reads: dict[str, frozenset[str]] = {}  # the maps that each invariant speaks of
        self.invariants = [self._fact(each) for each in rules.invariants.values()]
        maps = (*rules.fields.values(), *rules.fixed.values())
        self.at_nil = [fact for field in maps for fact in self._at_nil(field)]
        self._facts = [
            *self.invariants,
            *(self.well_formed(self.before, field) for field in maps),
            *self.at_nil,
            *(() if size else map(self._given, rules.given.values())),
        ]

    @property
    def facts(self) -> list[Fact]:
        """All that is known of the state before."""
        return [*self._facts, *self.sorts.sums.facts]

    @property
    def atoms(self) -> list[Any]:
        """Every sort of identities."""
        maps = (*self.rules.fields.values(), *self.rules.fixed.values())
        return list(dict.fromkeys(key for f in maps for key in f.keys if is_atom(key)))

    def _axioms(self) -> list[z3.BoolRef]:
        """Return what is known of the constants and the page size."""
        sorts = self.sorts
        axioms = [sorts.page_size >= 1]
        if self.size:
            axioms.append(sorts.page_size == self.size.page_size)
        for name, sort in self.rules.constants.items():
            value = getattr(self.before, name)
            axioms += sorts.in_range(sort, value)
            if self.size:
                given = sorts.encode(sort, getattr(self.size, name))
                axioms.append(equal(sorts.encode(sort, value), given))
        if self.size:
            axioms += [axiom for field in self.rules.fixed.values() for axiom in self._cells(field)]
        return axioms

    def _cells(self, field: Field) -> Iterator[z3.BoolRef]:
        """Generate what every cell of a fixed map holds in a small world."""
        assert self.size
        given = self.size.all_texts.maps[field.name]
        for key in self.size.tuples(field.keys):
            keys = [self.sorts.encode(sort, k)[0] for sort, k in zip(field.keys, key, strict=True)]
            value = given[key if len(key) > 1 else key[0]]
            yield equal(getattr(self.before, field.name).at(tuple(keys)),
                        self.sorts.encode(field.value, value))  # fmt: skip

    def _fact(self, rule: Rule) -> Fact:
        """Return the invariant `rule` of the state before."""
        self.sorts.forks.reads.clear()
        context = Context(rule.name, (), tuple(rule.params.values()))

        def before(*values: Any) -> Any:
            context.variables = self.terms(rule.params, values)
            return rule.run(self.before, *values)

        with self.sorts.sums.of(context):
            fact = self.before.fact(list(rule.params.values()), before, "every")
        self.reads[rule.name] = frozenset(self.sorts.forks.reads)
        return fact

    def _given(self, rule: Rule) -> Fact:
        """Return what is known of the fixed maps by `rule`, to be taken where its terms occur."""
        fact = self.before.fact(
            list(rule.params.values()), lambda *values: rule.run(self.before, *values), "given"
        )
        return replace(fact, trigger=largest_cell(fact, set(self.rules.fixed)))

    def terms(self, params: dict[str, Any], values: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the terms of a rule's arguments."""
        encoded = map(self.sorts.encode, params.values(), values)
        return tuple(term for terms in encoded for term in terms)

    def well_formed(self, state: SymbolicState, field: Field) -> Fact:
        """Return the fact that every cell of a map holds a value of its sort."""
        each = getattr(state, field.name)
        body = conjunction(self.sorts.well_formed(field.value, each.body))
        return Fact(field.keys, each.variables, body)

    def _at_nil(self, field: Field) -> list[Fact]:
        """Return the facts that cells of NIL hold the default: no action writes there."""
        each = getattr(self.before, field.name)
        value = self.sorts.encode(field.value, default(field.value))
        facts = []
        for k, sort in enumerate(field.keys):
            if is_atom(sort):
                keys = (*each.variables[:k], self.sorts.nil(sort), *each.variables[k + 1 :])
                others = [i for i in range(len(keys)) if i != k]
                facts.append(
                    Fact(
                        tuple(field.keys[i] for i in others),
                        tuple(each.variables[i] for i in others),
                        equal(each.at(keys), value),
                    )
                )
        return facts

    def written(self, transition: Transition) -> frozenset[str]:
        """Return the maps that differ after `transition`."""
        after, before = transition.after.maps, self.before.maps
        return frozenset(name for name in after if after[name].differs_from(before[name]))

    def transitions(self, action: Action) -> list[Transition]:
        """Return every path of `action`, among them those that are forbidden or broken."""
        args = {n: self.sorts.constant(sort, f"argument {n}") for n, sort in action.params.items()}
        known = [r for n, sort in action.params.items() for r in self.sorts.in_range(sort, args[n])]
        states: list[SymbolicState] = []

        def run() -> Any:
            self.sorts.forks.path.assumed += known
            states.append(self.before.fork())
            return action.run(states[-1], *args.values())

        return [
            Transition(action, args, path, states[-1], outcome)
            for path, outcome in self.sorts.forks.runs(run)
        ]
