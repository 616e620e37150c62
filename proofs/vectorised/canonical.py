"""Canonical names, as formulas: sessions in their order, all others by first mention.

Two states come to the same row only if one is a renaming of the other, since every renaming is a
permutation. They always do where each identity that is in use is mentioned, as invariants say.
"""

from __future__ import annotations

from functools import partial

from proofs.vectorised.forks import Forks
from proofs.vectorised.graph import Graph, Node
from proofs.vectorised.layout import Coding, Layout, Place, sort_sizes
from proofs.vectorised.maps import Tracing
from proofs.vectorised.order import SESSION, pick
from proofs.vectorised.state import FormulaState
from spec.machine.canonical import INTERCHANGEABLE


class Renaming:
    """Formulas over the cells of any state; `order` may be read from further cells."""

    def __init__(self, layout: Layout, largest: int) -> None:
        self.layout, self.graph = layout, Graph(largest)
        self.tracing = Tracing(layout, Forks(self.graph))
        self.state = FormulaState.held(self.tracing, canonical=False)
        self.sizes = sort_sizes(layout.size)
        self.sessions = self.sizes[SESSION]

    def renamed(self, order: list[Node]) -> list[Node]:
        """Return every cell of the renamed state, by position."""
        graph = self.graph
        names: dict[str, list[Node]] = {s: [graph.zero] * n for s, n in self.sizes.items()}
        used = dict.fromkeys(self.sizes, graph.zero)
        for x in range(self.sessions):
            here = [graph.equal(who, graph.number(x + 1)) for who in order]
            names[SESSION][x] = pick(
                self.graph, here, [graph.number(k + 1) for k in range(len(order))]
            )
        for place in self.layout.places.values():
            if place.value.atom in INTERCHANGEABLE[1:]:
                self._mention(place, names, used)
        for sort in INTERCHANGEABLE[1:]:
            self._name_the_rest(sort, names, used)
        return [cell for place in self.layout.places.values() for cell in self._map(place, names)]

    def _mention(
        self, place: Place, names: dict[str, list[Node]], used: dict[str, Node]
    ) -> None:  # fmt: skip
        """Name what a map mentions, in the order of the names of its keys."""
        graph, sort = self.graph, place.value.atom
        assert sort is not None
        for cell in self._in_order(place, names):
            hits = []
            for j in range(self.sizes[sort]):
                name = names[sort][j]
                here = graph.equal(cell, graph.number(j + 1))
                hit = graph.both(here, graph.equal(name, graph.zero))
                following = graph.least(
                    graph.add(used[sort], graph.number(1)), graph.number(self.sizes[sort])
                )
                names[sort][j] = graph.merged(name, graph.only_if(hit, following))
                hits.append(hit)
            used[sort] = graph.add(used[sort], graph.count(graph.any(hits)))

    def _name_the_rest(
        self, sort: str, names: dict[str, list[Node]], used: dict[str, Node]
    ) -> None:  # fmt: skip
        graph = self.graph
        for j in range(self.sizes[sort]):
            free = graph.equal(names[sort][j], graph.zero)
            used[sort] = graph.add(used[sort], graph.count(free))
            names[sort][j] = graph.merged(names[sort][j], graph.only_if(free, used[sort]))

    def _in_order(self, place: Place, names: dict[str, list[Node]]) -> list[Node]:
        """Return a map's cells by the names of their keys."""
        cells, shape = self.state.maps[place.name].cells, list(place.shape)
        for axis, key in enumerate(place.keys):
            if key.atom in INTERCHANGEABLE:
                assert key.atom is not None
                cells = self._permuted(cells, shape, axis, names[key.atom])
        return cells

    def _permuted(
        self, cells: list[Node], shape: list[int], axis: int, names: list[Node]
    ) -> list[Node]:  # fmt: skip
        inner = 1
        for length in shape[axis + 1 :]:
            inner *= length
        new = []
        for at in range(len(cells)):
            k = at // inner % shape[axis]
            base = at - k * inner
            here = [self.graph.equal(name, self.graph.number(k + 1)) for name in names]
            new.append(
                pick(self.graph, here, [cells[base + j * inner] for j in range(shape[axis])])
            )
        return new

    def _map(self, place: Place, names: dict[str, list[Node]]) -> list[Node]:
        rename = partial(self._value, place.value, names)
        return [rename(cell) for cell in self._in_order(place, names)]

    def _value(self, value: Coding, names: dict[str, list[Node]], cell: Node) -> Node:
        graph = self.graph
        if value.kind == "record":
            return self._record(value, names, cell)
        if value.atom not in INTERCHANGEABLE:
            return cell
        assert value.atom is not None
        here = [graph.equal(cell, graph.number(j + 1)) for j in range(value.hi)]
        return pick(self.graph, here, names[value.atom])

    def _record(self, value: Coding, names: dict[str, list[Node]], cell: Node) -> Node:
        """Take a record apart, rename its identities, and put it together again."""
        graph = self.graph
        code, digits = graph.subtract(cell, graph.number(1)), []
        for part in reversed(value.parts):
            rest = graph.quotient(code, part.radix)
            digit = graph.subtract(code, graph.times(rest, part.radix))
            if part.atom in INTERCHANGEABLE:
                assert part.atom is not None
                here = [graph.equal(digit, graph.number(j)) for j in range(part.radix)]
                digit = graph.subtract(pick(self.graph, here, names[part.atom]), graph.number(1))
            digits.append(digit)
            code = rest
        result = graph.zero
        for part, digit in zip(value.parts, reversed(digits), strict=True):
            result = graph.add(graph.times(result, part.radix), digit)
        is_nil = graph.equal(cell, graph.zero)
        return graph.choice(is_nil, graph.zero, graph.add(result, graph.number(1)))
