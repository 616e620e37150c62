"""An action with its arguments, and what it does, as formulas over the state before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from proofs.vectorised.graph import Node
from spec.language import Number, Rule
from spec.machine.worlds import Args


@dataclass
class Effect:
    """What an action does where it acts; numbers among its arguments are cells behind the state."""

    writes: dict[int, Node]  # by position
    breaks: Node  # an `ensure`, or a property of the states before and after, fails
    escapes: Node  # a number does not fit its cell


@dataclass
class Instance:
    """One action with its arguments: when it happens, and what it does."""

    action: str
    args: Args
    taken: Node  # it is allowed and has room; broken or not
    no_room: Node
    acts: Node  # it is taken, and it writes or is broken
    idle_breaks: Node  # it is taken and does not act, and this breaks a property

    def family(self, rule: Rule) -> tuple[Any, ...]:
        """Return what instances have in common that differ only in numbers."""
        args = [None if is_number(s) else a for s, a in zip(sorts(rule), self.args, strict=True)]
        return self.action, *args

    def numbers(self, rule: Rule) -> list[int]:
        """Return the numbers among the arguments."""
        return [a for s, a in zip(sorts(rule), self.args, strict=True) if is_number(s)]


def sorts(rule: Rule) -> list[Any]:
    """Return the sorts of a rule's parameters."""
    return list(rule.params.values())


def is_number(sort: Any) -> bool:
    """Whether values of `sort` are numbers."""
    return isinstance(getattr(sort, "__metadata__", (None,))[0], Number)
