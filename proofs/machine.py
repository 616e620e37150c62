"""The machine as the prover sees it: any state with every invariant, and each action's paths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import z3

from proofs.declared import is_atom
from proofs.logic import Fact, conjunction, equal
from proofs.paths import Path
from proofs.sorts import Sorts
from proofs.symbolic import SymbolicState
from spec.language import Action, Broken, Forbidden, Rule
from spec.machine.concrete import Size, default
from spec.machine.rules import Field, Rules


@dataclass(frozen=True, eq=False)
class Transition:
    """One path of an action from any state."""

    action: Action
    args: dict[str, Any]
    path: Path
    after: SymbolicState  # where `outcome` is no exception
    outcome: Any  # the answer, or Forbidden or Broken

    @property
    def is_done(self) -> bool:
        """Whether the action was carried out."""
        return not isinstance(self.outcome, Forbidden | Broken)


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
        self.at_nil = [fact for field in rules.fields.values() for fact in self._at_nil(field)]
        self.facts = [
            *self.invariants,
            *(self.well_formed(self.before, field) for field in rules.fields.values()),
            *self.at_nil,
        ]

    @property
    def atoms(self) -> list[Any]:
        """Every sort of identities."""
        fields = self.rules.fields.values()
        return list(dict.fromkeys(key for f in fields for key in f.keys if is_atom(key)))

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
        return axioms

    def _fact(self, rule: Rule) -> Fact:
        """Return the invariant `rule` of the state before."""
        self.sorts.forks.reads.clear()
        fact = self.before.fact(
            list(rule.params.values()), lambda *values: rule.run(self.before, *values), "every"
        )
        self.reads[rule.name] = frozenset(self.sorts.forks.reads)
        return fact

    def well_formed(self, state: SymbolicState, field: Field) -> Fact:
        """Return the fact that every cell of a map holds a value of its sort."""
        each = state.maps[field.name]
        body = conjunction(self.sorts.well_formed(field.value, each.body))
        return Fact(field.keys, each.variables, body)

    def _at_nil(self, field: Field) -> list[Fact]:
        """Return the facts that cells of NIL hold the default: no action writes there."""
        each = self.before.maps[field.name]
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
        args = {name: self.sorts.constant(sort, name) for name, sort in action.params.items()}
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
