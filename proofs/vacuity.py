"""Which paths of the actions can be taken at all: a property of paths that cannot says nothing."""

from __future__ import annotations

from dataclasses import dataclass

import z3

from proofs.ground import Instances, Query
from proofs.logic import FALSE, negation
from proofs.machine import Machine, Transition
from proofs.obligations import Case
from proofs.search import SIZES, SmallWorld
from spec.language import Action, Broken, Forbidden
from spec.machine.concrete import Size
from spec.machine.rules import Rules


@dataclass(frozen=True)
class Taken:
    """A path of an action, and the smallest world in which it is taken, if any."""

    action: str
    number: int  # of the path, in the order in which they are tried
    ends: str  # "done", "forbidden" or "broken"
    size: Size | None


def ends(transition: Transition) -> str:
    """Return in one word how a path ends."""
    outcome = transition.outcome
    if isinstance(outcome, Broken):
        return "broken"
    return "forbidden" if isinstance(outcome, Forbidden) else "done"


class Vacuity:
    """The paths of each action, looked for in small worlds whose invariants hold."""

    def __init__(self, rules: Rules, sizes: tuple[Size, ...] = SIZES) -> None:
        self._worlds = [SmallWorld(rules, size) for size in sizes]

    def paths(self, action: Action) -> list[Taken]:
        """Return every path of `action`."""
        num_paths = len(self._worlds[0].obligations(action).transitions)
        return [self._path(action, number) for number in range(num_paths)]

    def _path(self, action: Action, number: int) -> Taken:
        for world in self._worlds:
            transition = world.obligations(action).transitions[number]
            case = Case(transition.path.given, tuple(transition.path.facts), FALSE)
            if world.has_model(case):
                return Taken(action.name, number, ends(transition), world.size)
        transition = self._worlds[0].obligations(action).transitions[number]
        return Taken(action.name, number, ends(transition), None)


def paths_overlap(machine: Machine, transitions: list[Transition]) -> bool:
    """Whether two paths of an action could be taken from one state."""
    return not all(
        _impossible(machine, (*a.path.decided, *b.path.decided))
        for i, a in enumerate(transitions)
        for b in transitions[:i]
    )


def paths_leave_a_gap(machine: Machine, transitions: list[Transition]) -> bool:
    """Whether in some state no path of an action could be taken."""
    left_out = tuple(negation(z3.And(*t.path.decided)) for t in transitions)
    return not _impossible(machine, left_out)


def _impossible(machine: Machine, given: tuple[z3.BoolRef, ...]) -> bool:
    return Query(machine, Case(given, (), FALSE), Instances(), facts=()).round()
