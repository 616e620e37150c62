"""Ground instantiation: facts are taken at the terms that a query speaks of, in a few rounds.

What is left has no quantifier, so the solver always answers. `unsat` proves the case, for worlds of
every size. `sat` only says that these instances do not prove it; `search` then looks for a world.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import z3

from proofs.declared import name_of
from proofs.logic import Fact
from proofs.machine import Machine
from proofs.obligations import Case
from proofs.sorts import Sorts

MOST_INSTANCES = 20_000
MOST_TERMS = 9
"""New ones of each sort in a round, after the first."""
ALL = 1_000_000

_APPLIED = (
    z3.Z3_OP_UNINTERPRETED,
    z3.Z3_OP_DT_CONSTRUCTOR,
    z3.Z3_OP_DT_ACCESSOR,
)


@dataclass(frozen=True)
class Mentioned:
    """What one formula mentions: identities by sort, indices, and cells by map."""

    terms: list[tuple[str, Any]]
    cells: list[tuple[str, Any]]


class Vocabulary:
    """Reads formulas, each once: what they mention."""

    def __init__(self, sorts: Sorts, atoms: Iterable[Any]) -> None:
        self._names = {sorts.z3_sort(sort).get_id(): name_of(sort) for sort in atoms}
        self._nils = {sorts.nil(sort).get_id() for sort in atoms}
        self._read: dict[int, tuple[Any, Mentioned]] = {}  # a formula's id is its own while kept
        self._sizes: dict[int, tuple[Any, int]] = {}

    @property
    def sorts(self) -> Iterable[str]:
        """The names of the sorts of identities."""
        return self._names.values()

    def mentioned(self, formula: Any) -> Mentioned:
        """Return what `formula` mentions."""
        key = formula.get_id()
        if key not in self._read:
            self._read[key] = formula, self._mentioned(formula)
        return self._read[key][1]

    def size(self, term: Any) -> int:
        """Return how many symbols `term` has."""
        key = term.get_id()
        if key not in self._sizes:
            self._sizes[key] = term, 1 + sum(map(self.size, term.children()))
        return self._sizes[key][1]

    def _mentioned(self, formula: Any) -> Mentioned:
        found, seen, todo = Mentioned([], []), set[int](), [formula]
        while todo:
            term = todo.pop()
            if term.get_id() not in seen:
                seen.add(term.get_id())
                children = term.children()
                self._add(found, term, children)
                todo += children
        return found

    def _add(self, found: Mentioned, term: Any, children: list[Any]) -> None:
        name = self._names.get(term.sort().get_id())
        kind = term.decl().kind()
        if name and kind != z3.Z3_OP_ITE and term.get_id() not in self._nils:
            found.terms.append((name, term))
        if kind == z3.Z3_OP_UNINTERPRETED and children:
            found.cells.append((term.decl().name(), term))
        if kind in _APPLIED:
            for child in children:
                if child.sort_kind() == z3.Z3_INT_SORT and child.decl().kind() != z3.Z3_OP_ITE:
                    found.terms.append(("Index", child))


class Terms:
    """The terms of a query, by the name of their sort: every identity, and every index in use.

    Few terms make a proof, mostly small ones that come up soon: so each round takes up the first
    that came up, and of those the smallest.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        zero = z3.IntVal(0)
        self.of: dict[str, dict[int, Any]] = {name: {} for name in vocabulary.sorts}
        self.of["Index"] = {zero.get_id(): zero}
        self.cells: dict[str, dict[int, Any]] = {}  # by map
        self._later: dict[str, dict[int, Any]] = {name: {} for name in self.of}

    @property
    def all_taken(self) -> bool:
        """Whether no term is left for a later round."""
        return not any(self._later.values())

    def collect(self, formulas: Iterable[Any], at_most: int) -> None:
        """Add the terms of `formulas`, so many of each sort; the others are left for later."""
        new: dict[str, dict[int, Any]] = {name: {} for name in self.of}
        for formula in formulas:
            mentioned = self._vocabulary.mentioned(formula)
            for name, term in mentioned.terms:
                if term.get_id() not in self.of[name] and term.get_id() not in self._later[name]:
                    new[name][term.get_id()] = term
            for name, cell in mentioned.cells:
                self.cells.setdefault(name, {})[cell.get_id()] = cell
        for name, terms in new.items():
            smallest = sorted(terms.items(), key=lambda item: self._vocabulary.size(item[1]))
            queue = [*self._later[name].items(), *smallest]
            self.of[name].update(queue[:at_most])
            self._later[name] = dict(queue[at_most:])

    def suiting(self, fact: Fact) -> Iterator[tuple[Any, ...]]:
        """Generate the tuples of terms at which `fact` says something of the query."""
        choices = [self.of[name_of(sort)].values() for sort in fact.sorts]
        if fact.trigger is None:
            yield from product(*choices)
            return
        pattern = fact.trigger.children()
        for cell in self.cells.get(fact.trigger.decl().name(), {}).values():
            bound = {p.get_id(): term for p, term in zip(pattern, cell.children(), strict=True)}
            yield from product(*[
                [bound[v.get_id()]] if v.get_id() in bound else all_of
                for v, all_of in zip(fact.variables, choices, strict=True)
            ])  # fmt: skip


class Instances:
    """The instances of facts at tuples of terms, each made once."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._made: dict[tuple[int, ...], Any] = {}
        self._keep: list[Any] = []

    def of(self, fact: Fact, terms: Terms) -> Iterator[tuple[Any, Any]]:
        """Generate a key and the instance for each tuple of terms that suits `fact`."""
        for chosen in terms.suiting(fact):
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
        self._terms = Terms(instances.vocabulary)
        self._uncollected = [*machine.axioms, *case.given, z3.Not(case.goal)]
        self._stated: set[Any] = set()
        self.assertions: list[Any] = []  # as they were stated; the solver rewrites its own
        self._solver = z3.SimpleSolver()
        self._assert(self._uncollected)
        self.rounds = 0

    @property
    def can_grow(self) -> bool:
        """Whether a further round has something to add, and is not hopeless."""
        has_more = bool(self._uncollected) or not self._terms.all_taken
        return has_more and len(self._stated) < MOST_INSTANCES

    def round(self) -> bool:
        """Add the instances at all terms so far; return whether the case is now proved."""
        self.rounds += 1
        self._terms.collect(self._uncollected, MOST_TERMS if self.rounds > 1 else ALL)
        new = {
            key: instance
            for fact in self._facts
            for key, instance in self._instances.of(fact, self._terms)
            if key not in self._stated
        }
        self._stated.update(new)
        self._uncollected = list(new.values())
        self._assert(self._uncollected)
        return bool(self._solver.check() == z3.unsat)

    def _assert(self, formulas: list[Any]) -> None:
        self.assertions += formulas
        self._solver.add(*formulas)
