"""The order of the sessions in a canonical state: by what is seen of them, names apart."""

from __future__ import annotations

from dataclasses import dataclass

from proofs.vectorised.graph import Graph, Node
from proofs.vectorised.layout import Coding, Place
from proofs.vectorised.state import FormulaState
from spec.machine.canonical import INTERCHANGEABLE

SESSION = INTERCHANGEABLE[0]


@dataclass
class Order:
    """The order of the sessions: who stands at each position, and who looks like whom."""

    at: list[Node]  # the session at each position
    alike: list[Node]  # sessions of which the same is seen have the same number, by position
    ties: Node  # two look alike


def pick(graph: Graph, conditions: list[Node], nodes: list[Node]) -> Node:
    """Return the node whose condition holds; at most one does."""
    result = graph.false if nodes and nodes[0].flag else graph.zero
    for condition, node in zip(conditions, nodes, strict=True):
        result = graph.merged(result, graph.only_if(condition, node))
    return result


class Ordering:
    """Compares the sessions of a state."""

    def __init__(self, state: FormulaState) -> None:
        self.state, self.graph, self.layout = state, state.graph, state.tracing.layout
        self.sessions = self.layout.size.sessions

    def order(self) -> Order:
        """Return the sessions in the order of what is seen of them."""
        graph, every = self.graph, range(self.sessions)
        seen = [self._seen(x + 1) for x in every]
        fewer = [[self._before(seen[y], seen[x]) for y in every] for x in every]
        same = [[graph.all(list(map(graph.equal, seen[y], seen[x]))) for y in every] for x in every]
        rank, classes = [], []
        for x in every:
            before = [fewer[x][y] for y in every if y != x]
            earlier = [graph.both(same[x][y], graph.true) for y in range(x)]
            classes.append(self._sum(before))
            rank.append(self._sum([*before, *earlier]))
        at, alike = [], []
        for k in every:
            here = [graph.equal(rank[x], graph.number(k)) for x in every]
            at.append(pick(self.graph, here, [graph.number(x + 1) for x in every]))
            alike.append(pick(self.graph, here, classes))
        ties = graph.any([same[x][y] for x in every for y in range(x)])
        return Order(at, alike, ties)

    def _sum(self, flags: list[Node]) -> Node:
        result = self.graph.zero
        for flag in flags:
            result = self.graph.add(result, self.graph.count(flag))
        return result

    def _before(self, a: list[Node], b: list[Node]) -> Node:
        """Return whether the first difference is that `a` has less."""
        result = self.graph.false
        for left, right in reversed(list(zip(a, b, strict=True))):
            rest = self.graph.both(self.graph.equal(left, right), result)
            result = self.graph.either(self.graph.less(left, right), rest)
        return result

    def _seen(self, session: int) -> list[Node]:
        """Return what is seen of a session, and of what it mentions, whatever that is called."""
        seen = []
        for place in self._of(SESSION):
            node = self.state.maps[place.name].cells[session - 1]
            seen.append(self._look(place.value, node))
            if place.value.atom in INTERCHANGEABLE[1:]:
                seen += self._look_at(place.value, node)
        return seen

    def _look(self, value: Coding, node: Node) -> Node:
        """Return what of a value does not depend on names, as a number."""
        if value.atom in INTERCHANGEABLE or value.kind == "record":
            return self.graph.count(self.graph.negation(self.graph.equal(node, self.graph.zero)))
        return self.graph.count(node) if node.flag else node

    def _look_at(self, value: Coding, node: Node) -> list[Node]:
        assert value.atom is not None
        here = [self.graph.equal(node, self.graph.number(k + 1)) for k in range(value.hi)]
        return [
            self._look(place.value, pick(self.graph, here, self.state.maps[place.name].cells))
            for place in self._of(value.atom)
        ]

    def _of(self, sort: str) -> list[Place]:
        """Return the maps that have one key, of the given sort."""
        return [p for p in self.layout.places.values() if [k.atom for k in p.keys] == [sort]]
