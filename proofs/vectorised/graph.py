"""Formulas over the cells of a state, each kept once: what a rule comes to in a finite world.

A node is a flag or a small number between `lo` and `hi`; what these bounds decide is folded away.
"""

from __future__ import annotations

from typing import Any

LARGEST = 120
"""Numbers beyond this do not fit eight bits, the partial results of a formula included."""


class Node:
    """An operation on nodes. Nodes of one graph are equal only if they are identical."""

    __slots__ = ("args", "flag", "hi", "lo", "op", "serial")

    def __init__(
        self, op: str, args: tuple[Any, ...], lo: int, hi: int, flag: bool, serial: int
    ) -> None:
        self.op, self.args, self.lo, self.hi = op, args, lo, hi
        self.flag, self.serial = flag, serial

    @property
    def constant(self) -> bool:
        """It is the same in every state."""
        return self.op == "const"


class Graph:
    """Makes nodes, and simplifies what it makes."""

    def __init__(self, largest: int = LARGEST) -> None:
        self.largest = largest
        self._nodes: dict[tuple[Any, ...], Node] = {}
        self.true = self._make("const", (1,), 1, 1, flag=True)
        self.false = self._make("const", (0,), 0, 0, flag=True)
        self.zero = self.number(0)

    def _make(self, op: str, args: tuple[Any, ...], lo: int, hi: int, flag: bool = False) -> Node:
        key = (op, flag, *args)
        node = self._nodes.get(key)
        if node is None:
            if max(-lo, hi) > self.largest:
                raise OverflowError(f"{op} may come to {lo} or {hi}: use wider numbers")
            node = self._nodes[key] = Node(op, args, lo, hi, flag, len(self._nodes))
        return node

    def number(self, value: int) -> Node:
        """Return a constant."""
        return self._make("const", (value,), value, value)

    def truth(self, value: bool) -> Node:
        """Return a constant flag."""
        return self.true if value else self.false

    def cell(self, position: int, lo: int, hi: int, flag: bool = False) -> Node:
        """Return what the state holds at `position`."""
        return self._make("cell", (position, lo, hi), lo, hi, flag)

    # -- flags

    def negation(self, a: Node) -> Node:
        """Return not a."""
        if a.constant:
            return self.truth(a is self.false)
        return a.args[0] if a.op == "not" else self._make("not", (a,), 0, 1, flag=True)

    def both(self, a: Node, b: Node) -> Node:
        """Return a and b."""
        if a is b or b is self.true:
            return a
        if a is self.true:
            return b
        if self.false in (a, b) or self.negation(a) is b:
            return self.false
        return self._make("and", self._ordered(a, b), 0, 1, flag=True)

    def either(self, a: Node, b: Node) -> Node:
        """Return a or b."""
        if a is b or b is self.false:
            return a
        if a is self.false:
            return b
        if self.true in (a, b) or self.negation(a) is b:
            return self.true
        return self._make("or", self._ordered(a, b), 0, 1, flag=True)

    def all(self, flags: list[Node]) -> Node:
        """Return whether all flags hold."""
        result = self.true
        for flag in flags:
            result = self.both(result, flag)
        return result

    def any(self, flags: list[Node]) -> Node:
        """Return whether some flag holds."""
        result = self.false
        for flag in flags:
            result = self.either(result, flag)
        return result

    def equal(self, a: Node, b: Node) -> Node:
        """Return whether two numbers, or two flags, are the same."""
        if a is b:
            return self.true
        if a.constant:
            a, b = b, a
        if a.flag:
            if b.constant:
                return a if b is self.true else self.negation(a)
            return self._make("eq", self._ordered(a, b), 0, 1, flag=True)
        if a.hi < b.lo or b.hi < a.lo:
            return self.false
        if b.constant:
            if a.constant:
                return self.false  # constants are kept once
            if (known := self._equals(a, b)) is not None:
                return known
            return self._make("eq", (a, b), 0, 1, flag=True)
        return self._make("eq", self._ordered(a, b), 0, 1, flag=True)

    def _equals(self, a: Node, b: Node) -> Node | None:
        """Return when `a`, made of selected constants, is the constant `b`; None for others."""
        if a.constant:
            return self.truth(a is b)
        if a.op == "sel":
            condition, inner = a.args[0].args[0], self._equals(a.args[1], b)
            if inner is None:
                return None
            here = self.both(condition, inner)
            return self.either(here, self.negation(condition)) if b is self.zero else here
        if a.op == "bor":
            left, right = self._equals(a.args[0], b), self._equals(a.args[1], b)
            if left is None or right is None:
                return None
            return self.both(left, right) if b is self.zero else self.either(left, right)
        return None

    def less(self, a: Node, b: Node) -> Node:
        """Return a < b."""
        if a.hi < b.lo:
            return self.true
        if a is b or b.hi <= a.lo:
            return self.false
        return self._make("lt", (a, b), 0, 1, flag=True)

    # -- numbers

    def mask(self, a: Node) -> Node:
        """Return a flag as a number of all ones or all zeros."""
        return self._make("mask", (a,), -1, 0)

    def count(self, a: Node) -> Node:
        """Return a flag as 1 or 0."""
        return self.number(a.args[0]) if a.constant else self._make("num", (a,), 0, 1)

    def only_if(self, condition: Node, a: Node) -> Node:
        """Return `a` where the condition holds, 0 elsewhere."""
        if a.flag:
            return self.both(condition, a)
        if condition.constant:
            return a if condition is self.true else self.zero
        if a is self.zero:
            return a
        return self._make("sel", (self.mask(condition), a), min(0, a.lo), max(0, a.hi))

    def merged(self, a: Node, b: Node) -> Node:
        """Return the one of `a` and `b` that is not 0; one of them always is."""
        if a.flag:
            return self.either(a, b)
        if self.zero in (a, b):
            return b if a is self.zero else a
        return self._make("bor", self._ordered(a, b), min(a.lo, b.lo), max(a.hi, b.hi))

    def choice(self, condition: Node, a: Node, b: Node) -> Node:
        """Return `a` where the condition holds, `b` elsewhere."""
        if a is b or condition.constant:
            return b if condition is self.false else a
        if condition.op == "not":
            condition, a, b = condition.args[0], b, a
        if a.flag:
            if a.constant:
                return (self.either if a is self.true else self._only_else)(condition, b)
            if b is self.true:
                return self.either(self.negation(condition), a)
            return self.either(self.both(condition, a), self.both(self.negation(condition), b))
        if b is self.zero:
            return self.only_if(condition, a)
        if a is self.zero:
            return self.only_if(self.negation(condition), b)
        return self._make("if", (self.mask(condition), a, b), min(a.lo, b.lo), max(a.hi, b.hi))

    def _only_else(self, condition: Node, b: Node) -> Node:
        return self.both(self.negation(condition), b)

    def add(self, a: Node, b: Node) -> Node:
        """Return a + b."""
        if a.constant and b.constant:
            return self.number(a.args[0] + b.args[0])
        if self.zero in (a, b):
            return b if a is self.zero else a
        return self._make("add", self._ordered(a, b), a.lo + b.lo, a.hi + b.hi)

    def subtract(self, a: Node, b: Node) -> Node:
        """Return a - b."""
        if b.constant:
            return self.add(a, self.number(-b.args[0]))
        return self.zero if a is b else self._make("sub", (a, b), a.lo - b.hi, a.hi - b.lo)

    def times(self, a: Node, factor: int) -> Node:
        """Return a number times a positive constant."""
        if a.constant:
            return self.number(a.args[0] * factor)
        return a if factor == 1 else self._make("mul", (a, factor), a.lo * factor, a.hi * factor)

    def quotient(self, a: Node, divisor: int) -> Node:
        """Return floor(a / divisor)."""
        if a.constant:
            return self.number(a.args[0] // divisor)
        if divisor == 1:
            return a
        return self._make("div", (a, divisor), a.lo // divisor, a.hi // divisor)

    def least(self, a: Node, b: Node) -> Node:
        """Return the smaller number."""
        if a.hi <= b.lo or a is b:
            return a
        if b.hi <= a.lo:
            return b
        return self._make("min", self._ordered(a, b), min(a.lo, b.lo), min(a.hi, b.hi))

    @staticmethod
    def _ordered(a: Node, b: Node) -> tuple[Node, Node]:
        """Put a constant last, else the older node first, for what has no order of its own."""
        if a.constant or (a.serial > b.serial and not b.constant):
            return b, a
        return a, b
