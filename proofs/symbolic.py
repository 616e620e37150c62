"""The symbolic interpreter: the words of the spec text over maps of which nothing is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import z3

from proofs import lengths
from proofs.declared import is_atom
from proofs.lengths import Length
from proofs.logic import Fact, NotInTheLanguage, conjunction, implication, negation
from proofs.loops import Loop
from proofs.maps import SymbolicMap
from proofs.sorts import Sorts
from proofs.values import Count, ForAll, Member, as_count, as_formula
from spec.language import Index, Len, Words
from spec.machine.concrete import default
from spec.machine.rules import Rules

RANGE = "an index is searched in a range"


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
        for name, field in rules.fixed.items():
            setattr(self, name, SymbolicMap(sorts, field))

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

    def _pair(self, n: Any) -> lengths.Pair:
        return n.pair if isinstance(n, Length) else lengths.literal(self.sorts.page_size, n)

    def pages(self, n: Any) -> Any:
        """Return how many pages `n` tokens take."""
        return Count(self.sorts.forks, lengths.pages(self._pair(n)))

    def whole(self, n: Any) -> Any:
        """Return how many pages `n` tokens fill."""
        return Count(self.sorts.forks, self._pair(n).pages)

    def length(self, i: Any) -> Any:
        """Return how many tokens `i` whole pages hold."""
        return self.sorts.value(Len, (as_count(i), z3.IntVal(0)))

    def least(self, a: Any, b: Any) -> Any:
        """Return the smaller of two lengths."""
        left, right = self._pair(a), self._pair(b)
        smaller = lengths.at_most(left, right)
        return self.sorts.value(
            Len, tuple(z3.If(smaller, *parts) for parts in zip(left, right, strict=True))
        )

    def num(self, sort: Any) -> Any:
        """Return how many identities there are."""
        return Count(self.sorts.forks, self.sorts.sums.num(sort))

    def count(self, sort: Any, fits: Callable[[Any], Any]) -> Any:
        """Return the sum of 1 for each identity that fits."""

        def one_if_it_fits(identity: Any) -> Any:
            value = self.sorts.value(sort, (identity,))
            condition = self.sorts.forks.merged(lambda: as_formula(fits(value)))
            return z3.If(condition, z3.IntVal(1), z3.IntVal(0))

        return self.sorts.sums.over(sort, one_if_it_fits, is_natural=True)

    def total(self, sort: Any, number: Callable[[Any], Any]) -> Any:
        """Return the sum."""

        def summand(identity: Any) -> Any:
            value = self.sorts.value(sort, (identity,))
            return self.sorts.forks.merged_number(lambda: as_count(number(value)))

        return self.sorts.sums.over(sort, summand, is_natural=False)

    def first(self, lo: Any, hi: Any, fits: Callable[[Any], Any]) -> Any:
        """Return an index of which is known that it fits, and none before it; or `hi`."""
        forks = self.sorts.forks
        found, index = z3.Int(forks.fresh("first")), z3.Int(forks.fresh("every"))

        def fits_at(term: Any) -> z3.BoolRef:
            return forks.merged(lambda: as_formula(fits(Count(forks, term))))

        self._fit_the_world(lo, hi)
        first, last = as_count(lo), as_count(hi)
        forks.check(RANGE, first <= last)
        before = z3.And(first <= index, index < found)
        forks.path.facts.append(
            Fact((Index,), (index,), implication([before], negation(fits_at(index))))
        )
        forks.path.assumed += [
            first <= found,
            found <= last,
            z3.Implies(found < last, fits_at(found)),
        ]
        return Count(forks, found)

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
