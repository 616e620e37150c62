"""Ground instantiation: facts are taken at the terms that a query speaks of, in a few rounds.

What is left has no quantifier, so the solver always answers. `unsat` proves the case, for worlds of
every size. `sat` only says that these instances do not prove it; `search` then looks for a world.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Any

import z3

from proofs.declared import name_of
from proofs.logic import Fact
from proofs.machine import Machine
from proofs.obligations import Case
from proofs.sorts import Sorts

MOST_INSTANCES = 20_000

_APPLIED = (
    z3.Z3_OP_UNINTERPRETED,
    z3.Z3_OP_DT_CONSTRUCTOR,
    z3.Z3_OP_DT_ACCESSOR,
)


class Terms:
    """The terms of a query, by the name of their sort: every identity, and every index in use."""

    def __init__(self, sorts: Sorts, atoms: Iterable[Any]) -> None:
        self._names = {sorts.z3_sort(sort).get_id(): name_of(sort) for sort in atoms}
        self._nils = {sorts.nil(sort).get_id() for sort in atoms}
        self._seen: set[int] = set()
        self._keep: list[Any] = []  # an id is taken again once its term is gone
        zero = z3.IntVal(0)
        self.of: dict[str, dict[int, Any]] = {name: {} for name in self._names.values()}
        self.of["Index"] = {zero.get_id(): zero}

    def collect(self, formulas: Iterable[Any]) -> None:
        """Add the terms of `formulas`."""
        todo = list(formulas)
        while todo:
            term = todo.pop()
            if term.get_id() not in self._seen:
                self._seen.add(term.get_id())
                self._keep.append(term)
                self._add(term)
                todo += term.children()

    def _add(self, term: Any) -> None:
        name = self._names.get(term.sort().get_id())
        kind = term.decl().kind()
        if name and kind != z3.Z3_OP_ITE and term.get_id() not in self._nils:
            self.of[name][term.get_id()] = term
        if kind in _APPLIED:
            for child in term.children():
                if child.sort_kind() == z3.Z3_INT_SORT and child.decl().kind() != z3.Z3_OP_ITE:
                    self.of["Index"][child.get_id()] = child


class Instances:
    """The instances of facts at tuples of terms, each made once."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, ...], Any] = {}
        self._keep: list[Any] = []

    def of(self, fact: Fact, terms: dict[str, dict[int, Any]]) -> Iterator[tuple[Any, Any]]:
        """Generate a key and the instance for each tuple of terms that suits `fact`."""
        choices: Sequence[Iterable[Any]] = [terms[name_of(s)].values() for s in fact.sorts]
        for chosen in product(*choices):
            key = (id(fact), *(term.get_id() for term in chosen))
            if key not in self._made:
                self._made[key] = fact.at(chosen)
                self._keep.append((fact, chosen))
            yield key, self._made[key]


class Query:
    """One case put to the solver, with more instances in each round."""

    def __init__(
        self,
        machine: Machine,
        case: Case,
        instances: Instances,
        facts: Sequence[Fact] | None = None,
    ) -> None:
        """With the `facts` about the state before, which are the machine's if none are given."""
        self._facts = (*(machine.facts if facts is None else facts), *case.facts)
        self._instances = instances
        self._terms = Terms(machine.sorts, machine.atoms)
        self._uncollected = [*machine.axioms, *case.given, z3.Not(case.goal)]
        self._stated: set[Any] = set()
        self._solver = z3.Solver()
        self._solver.add(*self._uncollected)
        self.rounds = 0

    @property
    def can_grow(self) -> bool:
        """Whether a further round has something to add, and is not hopeless."""
        return bool(self._uncollected) and len(self._stated) < MOST_INSTANCES

    def round(self) -> bool:
        """Add the instances at all terms so far; return whether the case is now proved."""
        self.rounds += 1
        self._terms.collect(self._uncollected)
        new = {
            key: instance
            for fact in self._facts
            for key, instance in self._instances.of(fact, self._terms.of)
            if key not in self._stated
        }
        self._stated.update(new)
        self._uncollected = list(new.values())
        self._solver.add(*self._uncollected)
        return bool(self._solver.check() == z3.unsat)
