"""The maps of a state whose cells are formulas, read and written at keys that are formulas."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from proofs.vectorised.forks import Forks
from proofs.vectorised.graph import Node
from proofs.vectorised.layout import Coding, Layout
from proofs.vectorised.values import Value, as_node, wrap

Places = list[tuple[int, Node]]
"""Positions in a map, and when a key means each of them."""


class Tracing:
    """What all states of one trace share: the layout of the world, and the runs under way."""

    def __init__(self, layout: Layout, forks: Forks) -> None:
        self.layout, self.forks, self.graph = layout, forks, forks.graph

    def places(self, keys: tuple[Coding, ...], key: Any) -> Places:
        """Return which positions `key` can mean; none of them where it is NIL or outside."""
        given = key if len(keys) > 1 else (key,)
        found: Places = [(0, self.graph.true)]
        for coding, each in zip(keys, given, strict=True):
            here = self._places_of(coding, as_node(self.forks, each, coding))
            found = [
                (at * coding.radix + i, condition)
                for at, before in found
                for i, holds in here
                if (condition := self.graph.both(before, holds)) is not self.graph.false
            ]
        return found

    def _places_of(self, coding: Coding, node: Node) -> Places:
        first = 1 if coding.kind == "atom" else 0
        if node.constant:
            place = node.args[0] - first
            return [(place, self.graph.true)] if 0 <= place < coding.radix else []
        return [(i, self._is(node, i + first)) for i in range(coding.radix)]

    def _is(self, node: Node, value: int) -> Node:
        condition = self.graph.equal(node, self.graph.number(value))
        known = self.forks.known(condition)
        return condition if known is None else self.graph.truth(known)

    def read(self, cells: list[Node], places: Places, default: Node) -> Node:
        """Return the cell that is meant; all defaults are 0."""
        result = default
        for at, condition in places:
            result = self.graph.merged(result, self.graph.only_if(condition, cells[at]))
        return result

    def argument(self, sort: Any, raw: Any) -> Any:
        """Return an argument as a rule takes it: numbers and enum members are themselves."""
        coding = self.layout.coding(sort)
        if coding.kind != "atom":
            return raw
        return Value(self.forks, self.graph.number(coding.encode(raw)), coding)

    def every(self, sorts: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
        """Generate every tuple of identities and indices."""
        sorts = list(sorts)
        for raw in self.layout.size.tuples(sorts):
            yield tuple(map(self.argument, sorts, raw))

    def formula(self, body: Callable[[], Any]) -> Node:
        """Return what `body` comes to."""
        return self.forks.formula(body, lambda value: as_node(self.forks, value))


class FormulaMap:
    """One map of a state."""

    def __init__(self, tracing: Tracing, name: str, cells: list[Node]) -> None:
        self._tracing, self.name, self.cells = tracing, name, cells
        self._place = tracing.layout.places[name]

    def __getitem__(self, key: Any) -> Any:
        """Read a cell; that of NIL is the default."""
        tracing, value = self._tracing, self._place.value
        default = tracing.graph.false if value.kind == "flag" else tracing.graph.zero
        node = tracing.read(self.cells, tracing.places(self._place.keys, key), default)
        return wrap(tracing.forks, node, value)

    def __setitem__(self, key: Any, value: Any) -> None:
        """Write a cell, in the iteration of a loop that happens."""
        tracing, graph, forks = self._tracing, self._tracing.graph, self._tracing.forks
        node = as_node(forks, value, self._place.value)
        self._check(key, node)
        for at, condition in tracing.places(self._place.keys, key):
            here = graph.both(forks.guard, condition)
            self.cells[at] = graph.choice(here, node, self.cells[at])

    def _check(self, key: Any, node: Node) -> None:
        """Note when the key is NIL or outside, and when the value does not fit a cell."""
        graph, forks, run = self._tracing.graph, self._tracing.forks, self._tracing.forks.outermost
        keys = key if len(self._place.keys) > 1 else (key,)
        for coding, each in zip(self._place.keys, keys, strict=True):
            which = as_node(forks, each, coding)
            if coding.kind == "atom":
                is_nil = graph.equal(which, graph.zero)
                if not forks.known(is_nil) and forks.known(is_nil) is not False:
                    run.wrote_at_nil.append(graph.both(forks.guard, is_nil))
            else:
                self._fits(which, 0, coding.hi)
        if not node.flag:
            self._fits(node, self._place.value.lo, self._place.value.hi)

    def _fits(self, node: Node, lo: int, hi: int) -> None:
        graph, forks = self._tracing.graph, self._tracing.forks
        outside = graph.either(
            graph.less(node, graph.number(lo)), graph.less(graph.number(hi), node)
        )
        if outside is not graph.false:
            forks.outermost.escaped.append(graph.both(forks.guard, outside))


class FixedMap:
    """A map that is given with the world."""

    def __init__(self, tracing: Tracing, name: str) -> None:
        self._tracing, field = tracing, tracing.layout.rules.fixed[name]
        layout = tracing.layout
        self._keys = tuple(layout.coding(sort, as_key=True) for sort in field.keys)
        self._value = layout.coding(field.value)
        given = layout.size.all_texts.maps[name]
        self._cells = []
        for key in itertools.product(*(range(coding.radix) for coding in self._keys)):
            names = tuple(c.decode(k + (c.kind == "atom"))
                          for c, k in zip(self._keys, key, strict=True))  # fmt: skip
            cell = given[names if len(names) > 1 else names[0]]
            self._cells.append(tracing.graph.number(self._value.encode(cell)))

    def __getitem__(self, key: Any) -> Any:
        """Read a cell; that of NIL is NIL."""
        tracing = self._tracing
        places = tracing.places(self._keys, key)
        together: dict[Node, Node] = {}
        for at, condition in places:
            cell = self._cells[at]
            together[cell] = tracing.graph.either(
                together.get(cell, tracing.graph.false), condition
            )
        result = tracing.graph.zero
        for cell, condition in together.items():
            result = tracing.graph.merged(result, tracing.graph.only_if(condition, cell))
        return wrap(tracing.forks, result, self._value)


class ChosenEach:
    """What was chosen for each index of a range."""

    def __init__(self, tracing: Tracing, coding: Coding, at: list[tuple[Node, Node]]) -> None:
        self._tracing, self._coding, self._at = tracing, coding, at

    def __getitem__(self, index: Any) -> Any:
        """Return the identity chosen for `index`."""
        graph, forks = self._tracing.graph, self._tracing.forks
        wanted, result = as_node(forks, index), graph.zero
        for number, (fits, position) in enumerate(self._at):
            here = graph.both(fits, graph.equal(position, wanted))
            result = graph.merged(result, graph.only_if(here, graph.number(number + 1)))
        return wrap(forks, result, self._coding)
