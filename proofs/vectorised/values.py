"""What a rule's variables hold while it is traced: a formula, and which sort of value it is."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from proofs.vectorised.forks import Forks, NotFiniteError
from proofs.vectorised.graph import Graph, Node
from proofs.vectorised.layout import Coding


class Value:
    """A flag, number, identity, record or enum member, as a formula over the cells of a state.

    `coding` is needed only where it is more than a flag or a number.
    """

    __slots__ = ("coding", "forks", "node")
    __hash__ = None  # type: ignore[assignment] # it is equal to others only sometimes

    def __init__(self, forks: Forks, node: Node, coding: Coding | None = None) -> None:
        self.forks, self.node, self.coding = forks, node, coding

    def _graph(self) -> Graph:
        return self.forks.graph

    def _flag(self, node: Node) -> Any:
        return wrap(self.forks, node, None)

    def __bool__(self) -> bool:
        """Return how the flag turns out in this run."""
        if not self.node.flag:
            raise NotFiniteError("only a flag is true or false")
        return self.forks.decide(self.node)

    def __eq__(self, other: object) -> Any:
        """Return whether two values are the same."""
        return self._flag(self._graph().equal(self.node, as_node(self.forks, other, self.coding)))

    def __ne__(self, other: object) -> Any:
        """Return whether two values differ."""
        equal = self._graph().equal(self.node, as_node(self.forks, other, self.coding))
        return self._flag(self._graph().negation(equal))

    def __lt__(self, other: Any) -> Any:
        """Return whether this number is less."""
        return self._flag(self._graph().less(self.node, as_node(self.forks, other)))

    def __gt__(self, other: Any) -> Any:
        """Return whether this number is greater."""
        return self._flag(self._graph().less(as_node(self.forks, other), self.node))

    def __le__(self, other: Any) -> Any:
        """Return whether this number is at most the other."""
        greater = self._graph().less(as_node(self.forks, other), self.node)
        return self._flag(self._graph().negation(greater))

    def __ge__(self, other: Any) -> Any:
        """Return whether this number is at least the other."""
        less = self._graph().less(self.node, as_node(self.forks, other))
        return self._flag(self._graph().negation(less))

    def __add__(self, other: Any) -> Any:
        """Add numbers."""
        return wrap(self.forks, self._graph().add(self.node, as_node(self.forks, other)), None)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        """Subtract numbers."""
        node = self._graph().subtract(self.node, as_node(self.forks, other))
        return wrap(self.forks, node, None)

    def __rsub__(self, other: Any) -> Any:
        """Subtract from a number."""
        node = self._graph().subtract(as_node(self.forks, other), self.node)
        return wrap(self.forks, node, None)


def wrap(forks: Forks, node: Node, coding: Coding | None) -> Any:
    """Return the value of a formula: plain Python where that is enough."""
    if node.constant:
        if node.flag:
            return bool(node.args[0])
        if coding is None or coding.kind == "number":
            return int(node.args[0])
        if coding.kind == "enum" or node.args[0] == 0:
            return coding.decode(node.args[0])
    return Value(forks, node, coding)


def as_node(forks: Forks, value: Any, coding: Coding | None = None) -> Node:
    """Return the formula of a value, of the sort that `coding` numbers."""
    graph = forks.graph
    if isinstance(value, Value):
        return value.node
    if value is None:
        return graph.zero
    if isinstance(value, bool):
        return graph.truth(value)
    if isinstance(value, StrEnum):
        if coding is None or value not in coding.values:
            raise NotFiniteError(f"{value!r} is compared with something else")
        return graph.number(coding.encode(value))
    if isinstance(value, tuple):
        if coding is None or coding.kind != "record":
            raise NotFiniteError("a tuple is compared with something else")
        return _record(forks, value, coding)
    if isinstance(value, int):
        return graph.number(value)
    raise NotFiniteError(f"{value!r} is no value of a rule")


def _record(forks: Forks, value: tuple[Any, ...], coding: Coding) -> Node:
    """Number a record; one that names NIL equals no record, and is -1."""
    graph, code, whole = forks.graph, forks.graph.zero, forks.graph.true
    for part, each in zip(coding.parts, value, strict=True):
        digit = as_node(forks, each, part)
        if part.kind == "atom":
            whole = graph.both(whole, graph.negation(graph.equal(digit, graph.zero)))
            digit = graph.subtract(digit, graph.number(1))
        code = graph.add(graph.times(code, part.radix), digit)
    code = graph.add(code, graph.number(1))
    return graph.choice(whole, code, graph.number(-1))
