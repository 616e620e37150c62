"""A state whose cells are formulas: the words of the spec text in a finite world."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from proofs.vectorised.forks import NotFiniteError
from proofs.vectorised.graph import Node
from proofs.vectorised.maps import ChosenEach, FixedMap, FormulaMap, Tracing
from proofs.vectorised.values import as_node, wrap
from spec.language import NoRoom, Words


class FormulaState(Words):
    """A state of which each cell is a formula."""

    def __init__(self, tracing: Tracing, cells: dict[str, list[Node]]) -> None:
        self.tracing, self.forks, self.graph = tracing, tracing.forks, tracing.graph
        self.maps = {name: FormulaMap(tracing, name, list(c)) for name, c in cells.items()}
        self.__dict__.update(self.maps)
        layout = tracing.layout
        for name in layout.rules.constants:
            setattr(self, name, getattr(layout.size, name))
        for name in layout.rules.fixed:
            setattr(self, name, FixedMap(tracing, name))

    @classmethod
    def held(cls, tracing: Tracing, canonical: bool = True) -> FormulaState:
        """Return the state that a tensor holds."""
        layout, cells = tracing.layout, {}
        for name, place in layout.places.items():
            value = place.value
            bounds = layout.bounds[name] if canonical else [(value.lo, value.hi)] * place.cells
            cells[name] = [
                tracing.graph.cell(place.offset + i, lo, hi, value.kind == "flag")
                for i, (lo, hi) in enumerate(bounds)
            ]
        return cls(tracing, cells)

    def __getattr__(self, name: str) -> Any:
        """Declare to type checkers that fields are attributes; only unknown names come here."""
        raise AttributeError(f"the state has no field {name}")

    def fork(self) -> FormulaState:
        """Return a state that is written independently."""
        new = object.__new__(FormulaState)
        new.__dict__.update(self.__dict__)
        new.maps = {n: FormulaMap(self.tracing, n, list(m.cells)) for n, m in self.maps.items()}
        new.__dict__.update(new.maps)
        return new

    def cells(self) -> list[Node]:
        """Return every cell, by position."""
        return [node for each in self.maps.values() for node in each.cells]

    def _number(self, node: Node) -> Any:
        return wrap(self.forks, node, None)

    def pages(self, n: Any) -> Any:
        """Return ceil(n / page_size)."""
        return self.whole(n + (self.tracing.layout.size.page_size - 1))

    def whole(self, n: Any) -> Any:
        """Return floor(n / page_size)."""
        node = as_node(self.forks, n)
        return self._number(self.graph.quotient(node, self.tracing.layout.size.page_size))

    def length(self, i: Any) -> Any:
        """Return i * page_size."""
        node = as_node(self.forks, i)
        return self._number(self.graph.times(node, self.tracing.layout.size.page_size))

    def least(self, a: Any, b: Any) -> Any:
        """Return the smaller one."""
        return self._number(self.graph.least(as_node(self.forks, a), as_node(self.forks, b)))

    def forall(self, *sorts_then_body: Any) -> Any:
        """State the body of every tuple of identities and indices."""
        *sorts, body = sorts_then_body
        flags = [self._formula(body, values) for values in self.tracing.every(sorts)]
        return self._number(self.graph.all(flags))

    def _formula(self, body: Callable[..., Any], values: Iterable[Any]) -> Node:
        return self.tracing.formula(lambda: body(*values))

    def num(self, sort: Any) -> int:
        """Return the size of a domain."""
        return len(self.tracing.layout.size.domain(sort))

    def _each(self, sort: Any, body: Callable[[Any], Any]) -> list[Node]:
        return [self._formula(body, values) for values in self.tracing.every([sort])]

    def count(self, sort: Any, fits: Callable[[Any], Any]) -> Any:
        """Count the identities that fit."""
        result = self.graph.zero
        for flag in self._each(sort, fits):
            result = self.graph.add(result, self.graph.count(flag))
        return self._number(result)

    def total(self, sort: Any, number: Callable[[Any], Any]) -> Any:
        """Add up."""
        result = self.graph.zero
        for node in self._each(sort, number):
            result = self.graph.add(result, node)
        return self._number(result)

    def first(self, lo: Any, hi: Any, fits: Callable[[Any], Any]) -> Any:
        """Search from the end."""
        first, last = as_node(self.forks, lo), as_node(self.forks, hi)
        result = last
        for i in reversed(range(self.tracing.layout.size.indices)):
            here = self.graph.both(self._within(first, i, last), self._formula(fits, [i]))
            result = self.graph.choice(here, self.graph.number(i), result)
        return self._number(result)

    def _within(self, lo: Node, i: int, hi: Node) -> Node:
        at = self.graph.number(i)
        return self.graph.both(
            self.graph.negation(self.graph.less(at, lo)), self.graph.less(at, hi)
        )

    def span(self, lo: Any, hi: Any) -> Iterator[Any]:
        """Run the loop's body for every index; what it writes happens where lo <= i < hi."""
        graph, forks = self.graph, self.forks
        if forks.guard is not graph.true:
            raise NotFiniteError("a span loop inside a span loop")
        first, last = as_node(forks, lo), as_node(forks, hi)
        indices = self.tracing.layout.size.indices
        outside = graph.both(
            graph.less(first, last),
            graph.either(graph.less(first, graph.zero), graph.less(graph.number(indices), last)),
        )
        if outside is not graph.false:
            forks.outermost.escaped.append(outside)
        try:
            for i in range(indices):
                forks.guard = self._within(first, i, last)
                if forks.guard is not graph.false:
                    yield i
        finally:
            forks.guard = graph.true

    def choose(self, sort: Any, fits: Callable[[Any], Any]) -> Any:
        """Return the first identity that fits; raise NoRoom on the path where none does."""
        graph, result, none_yet = self.graph, self.graph.zero, self.graph.true
        for number, flag in enumerate(self._each(sort, fits)):
            here = graph.both(none_yet, flag)
            result = graph.merged(result, graph.only_if(here, graph.number(number + 1)))
            none_yet = graph.both(none_yet, graph.negation(flag))
        if self.forks.decide(none_yet):
            raise NoRoom
        return wrap(self.forks, result, self.tracing.layout.coding(sort))

    def choose_each(self, lo: Any, hi: Any, sort: Any, fits: Callable[[Any], Any]) -> Any:
        """Return the first that fit, one per index; raise NoRoom on the path with too few."""
        graph, position = self.graph, as_node(self.forks, lo)
        last, chosen = as_node(self.forks, hi), []
        for flag in self._each(sort, fits):
            chosen.append((flag, position))
            position = graph.add(position, graph.count(flag))
        if self.forks.decide(graph.less(position, last)):
            raise NoRoom
        return ChosenEach(self.tracing, self.tracing.layout.coding(sort), chosen)

    def same_as(self, other: Any, *fields: str) -> Any:
        """Compare every cell of the named maps, or of all."""
        flags = [
            self.graph.equal(mine, others)
            for name in fields or self.maps
            for mine, others in zip(self.maps[name].cells, other.maps[name].cells, strict=True)
        ]
        return self._number(self.graph.all(flags))
