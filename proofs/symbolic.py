"""The symbolic interpreter: the words of the spec text over maps of which nothing is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import z3

from proofs import lengths
from proofs.declared import is_atom
from proofs.lengths import Length
from proofs.logic import Fact, NotInTheLanguage, conjunction, implication
from proofs.loops import Loop
from proofs.maps import SymbolicMap
from proofs.sorts import Sorts
from proofs.values import Count, ForAll, Member, as_count, as_formula
from spec.language import Index, Words
from spec.machine.concrete import default
from spec.machine.rules import Rules


@dataclass(frozen=True, eq=False)
class Chosen:
    """What the implementation chose."""

    sort: Any
    term: Any


@dataclass(frozen=True, eq=False)
class ChosenEach:
    """What the implementation chose, by index."""

    sorts: Sorts
    sort: Any
    lo: Any
    hi: Any
    function: Any

    def __getitem__(self, index: Any) -> Member:
        """Return the identity chosen for `index`."""
        return self.sorts.value(self.sort, (self.function(as_count(index)),))


class SymbolicState(Words):
    """Any state of any world that has the given sorts."""

    def __init__(self, sorts: Sorts, rules: Rules, maps: dict[str, SymbolicMap]) -> None:
        self.sorts, self.rules, self.maps = sorts, rules, maps
        for name, sort in rules.constants.items():
            setattr(self, name, sorts.constant(sort, name))
        self.__dict__.update(maps)

    @staticmethod
    def unknown(sorts: Sorts, rules: Rules) -> SymbolicState:
        """Return a state of which nothing is known."""
        maps = {name: SymbolicMap(sorts, field) for name, field in rules.fields.items()}
        return SymbolicState(sorts, rules, maps)

    @staticmethod
    def initial(sorts: Sorts, rules: Rules) -> SymbolicState:
        """Return the state in which every cell holds its default."""
        maps = {
            name: SymbolicMap(sorts, field, sorts.encode(field.value, default(field.value)))
            for name, field in rules.fields.items()
        }
        return SymbolicState(sorts, rules, maps)

    def fork(self) -> SymbolicState:
        """Return a state that is written independently."""
        maps = {name: each.copy() for name, each in self.maps.items()}
        return SymbolicState(self.sorts, self.rules, maps)

    def pages(self, n: Any) -> Any:
        """Return how many pages `n` tokens take."""
        pair = n.pair if isinstance(n, Length) else lengths.literal(self.sorts.page_size, n)
        return Count(self.sorts.forks, lengths.pages(pair))

    def forall(self, *sorts_then_body: Any) -> Any:
        """State the body of all identities and indices."""
        *sorts, body = sorts_then_body
        forks = self.sorts.forks
        fact = self.fact(sorts, body, forks.fresh("every"))

        def counterexample() -> z3.BoolRef:
            terms = [z3.Const(forks.fresh("some"), v.sort()) for v in fact.variables]
            return z3.Not(fact.at(terms))

        return ForAll(forks, fact, counterexample)

    def fact(self, sorts: list[Any], body: Callable[..., Any], name: str) -> Fact:
        """Return the fact that `body` holds for all values of `sorts`."""
        values = [self.sorts.constant(sort, f"{name} {i}") for i, sort in enumerate(sorts)]
        ranges = [r for sort, v in zip(sorts, values, strict=True)
                  for r in self.sorts.in_range(sort, v)]  # fmt: skip
        formula = self.sorts.forks.merged(lambda: as_formula(body(*values)))
        variables = tuple(v.term for v in values)
        return Fact(tuple(sorts), variables, implication(ranges, formula))

    def span(self, lo: Any, hi: Any) -> Iterator[Any]:
        """Run the loop's body once, for all indices at once."""
        forks = self.sorts.forks
        if forks.loop:
            raise NotInTheLanguage("a span loop inside a span loop")
        index = z3.Int(forks.fresh("i"))
        forks.loop = Loop(index, as_count(lo), as_count(hi))
        self._fit_the_world(lo, hi)
        try:
            yield Count(forks, index)
            forks.loop.end()
        finally:
            forks.loop = None

    def choose(self, sort: Any, fits: Callable[[Any], Any]) -> Member:
        """Return an identity of which only that it fits is known."""
        assert is_atom(sort), f"{sort} has no identities"
        forks = self.sorts.forks
        chosen = self.sorts.constant(sort, forks.fresh("chosen"))
        forks.path.choices.append(Chosen(sort, chosen.term))
        forks.path.assumed += [
            *self.sorts.in_range(sort, chosen),
            forks.merged(lambda: as_formula(fits(chosen))),
        ]
        return chosen

    def choose_each(self, lo: Any, hi: Any, sort: Any, fits: Callable[[Any], Any]) -> Any:
        """Return identities, of which only that they fit and are pairwise different is known.

        That they differ is said by a function back from each to its index.
        """
        assert is_atom(sort), f"{sort} has no identities"
        forks, z3_sort = self.sorts.forks, self.sorts.z3_sort(sort)
        function = z3.Function(forks.fresh("chosen"), z3.IntSort(), z3_sort)
        back = z3.Function(forks.fresh("index of"), z3_sort, z3.IntSort())
        chosen = ChosenEach(self.sorts, sort, as_count(lo), as_count(hi), function)
        index = z3.Int(forks.fresh("every"))
        this = chosen[Count(forks, index)]
        holds = conjunction([
            *self.sorts.in_range(sort, this),
            back(this.term) == index,
            forks.merged(lambda: as_formula(fits(this))),
        ])  # fmt: skip
        self._fit_the_world(lo, hi)
        covered = z3.And(chosen.lo <= index, index < chosen.hi)
        forks.path.facts.append(Fact((Index,), (index,), z3.Implies(covered, holds)))
        forks.path.choices.append(chosen)
        return chosen

    def _fit_the_world(self, lo: Any, hi: Any) -> None:
        """Assume that a small world has all indices in [lo, hi); others are searched elsewhere."""
        if size := self.sorts.size:
            bounds = [as_count(lo) >= 0, as_count(hi) <= size.indices]
            self.sorts.forks.path.assumed += bounds

    def same_as(self, other: SymbolicState, *fields: str) -> bool:
        """State that every cell of the named maps, or of all, equals the other state's."""
        return all(self._same(other, name) for name in fields or self.rules.fields)

    def _same(self, other: SymbolicState, name: str) -> Any:
        mine, others = self.maps[name], other.maps[name]

        def equal_at(*key: Any) -> Any:
            place = key if len(key) > 1 else key[0]
            return mine[place] == others[place]

        return self.forall(*mine.field.keys, equal_at)
