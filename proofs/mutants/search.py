"""One world under a mutant: is a property violated, or a case lost that the text reaches?

Differences alone are none of our business: only what the text itself says can kill.
"""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from proofs.mutants.worlds import ended
from proofs.obligations import WELL_FORMED
from spec.machine.check import Checker
from spec.machine.concrete import ConcreteState
from spec.machine.expand import Cells, Expander, Expansion
from spec.machine.rules import Rules, rules
from spec.machine.trace import Step, show
from spec.machine.worlds import World


@dataclass
class Visit:
    """What was seen of one world."""

    states: int = 1
    complete: bool = False
    violation: str = ""
    seen: set[str] = field(default_factory=set)  # cases reached, and actions that had an effect


class WholeChecker(Checker):
    """Every invariant, and that no number is below 0, as proofs demand of keys and values."""

    def violated(self, state: ConcreteState) -> list[str]:
        """Return the names of what does not hold in `state`."""
        below = any(
            _is_below_zero(key) or _is_below_zero(value)
            for cells in state.cells()
            for key, value in cells.items()
        )
        return [WELL_FORMED] if below else super().violated(state)


def _is_below_zero(value: Any) -> bool:
    """Whether a number, or one of a tuple of them, is below 0."""
    if isinstance(value, tuple):
        return any(map(_is_below_zero, value))
    return isinstance(value, int) and value < 0


class Watcher(Expander):
    """Remembers which actions had an effect: one that always leaves all as it was never happens."""

    def __init__(self, text: Rules, world: World) -> None:
        super().__init__(text, world)
        self.checker = WholeChecker(text, world.size)
        self.effective: set[str] = set()

    def _arrive(self, found: Expansion, new: ConcreteState, step: Step) -> bool:
        self.effective.add(step[0])
        return super()._arrive(found, new, step)


class OutOfTime(Exception):  # noqa: N818 - that a limit is reached is no error
    """The time that a mutant is given is over."""


def visit(text: Rules, world: World, max_states: int | None, deadline: float) -> Visit:
    """Visit the states of `world` breadth first: all, or `max_states`, or up to a violation.

    Raise OutOfTime when it is later than `deadline`, by the clock of `time.process_time`.
    """
    expander, found = Watcher(text, world), Visit()
    initial = world.initial(text)
    known, todo = {expander.canonical.key(initial)}, [initial.cells()]
    for cells in todo:  # it grows on the way
        if time.process_time() > deadline:
            raise OutOfTime
        for key, new in _expand(expander, cells, found):
            if key not in known:
                known.add(key)
                todo.append(new)
        found.states = len(known)
        if found.violation or (max_states and found.states >= max_states):
            return found
    found.complete = True
    return found


def _expand(expander: Watcher, cells: Cells, found: Visit) -> list[tuple[int, Cells]]:
    """Take every action from one state; return what follows."""
    try:
        expansion = expander(cells)
    except Exception as crash:
        if not _is_in_text(crash):
            raise
        found.violation = f"it crashes: {type(crash).__name__}: {crash}"
        return []
    found.seen.update(expander.effective, (name for name, _ in expansion.cases))
    if expansion.violation:
        name, step = expansion.violation
        found.violation = f"{name} ({show(step)})"
    return [(key, new) for key, new, _ in expansion.new]


def _is_in_text(crash: Exception) -> bool:
    """Whether it was a line of the spec text that failed, or what such a line called."""
    files = [frame.filename for frame in traceback.extract_tb(crash.__traceback__)]
    return any(name.endswith("(edited)") for name in files)


@cache
def as_it_stands(name: str) -> Visit:
    """Return what the text as it stands reaches in a small world, explored to its end."""
    return visit(rules(), ended()[name], None, deadline=float("inf"))
