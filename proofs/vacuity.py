"""Which paths of the actions can be taken at all: a property of paths that cannot says nothing."""

from __future__ import annotations

import z3

from proofs.ground import Instances, Query, Vocabulary
from proofs.logic import FALSE, negation
from proofs.machine import Machine, Transition
from proofs.obligations import Case
from proofs.search import SmallWorld
from spec.language import Action
from spec.machine.rules import Rules
from spec.machine.size import Size

SIZES = (
    Size(1, 2, 1, 1, page_size=1, context_len=2, recurrents=2),
    Size(1, 2, 1, 2, page_size=2, context_len=4),
    Size(1, 2, 1, 3, page_size=1, context_len=3, lookahead=2, window=1, window_pages=3),
    Size(1, 2, 1, 2, 2, 4, lookahead=2, window=1, window_pages=2, recurrents=1),
    Size(2, 3, 2, 3, page_size=2, context_len=4, lookahead=1, recurrents=2),
    Size(2, 4, 2, 2, page_size=2, context_len=4, queue_limit=1),
)
"""The worlds that are searched, in this order: each adds a layer, a mix of layers or a queue."""


class Vacuity:
    """The paths of every action: each is taken in some small world, or impossible in every one."""

    def __init__(self, rules: Rules, sizes: tuple[Size, ...] = SIZES) -> None:
        self.machine = Machine(rules)
        self._worlds = [SmallWorld(rules, size) for size in sizes]

    def taken_in(self, action: Action, number: int) -> Size | None:
        """Return the first world in which the numbered path of `action` is taken, if any."""
        for world in self._worlds:
            path = world.obligations(action).transitions[number].path
            if world.has_model(Case(path.given, tuple(path.facts), FALSE)):
                return world.size
        return None

    def is_impossible(self, transition: Transition) -> bool:
        """Whether the invariants exclude the path, in worlds of every size."""
        path = transition.path
        query = Query(
            self.machine, Case(path.given, tuple(path.facts), FALSE), _instances(self.machine)
        )
        return query.round() or query.round()


def paths_overlap(machine: Machine, transitions: list[Transition]) -> bool:
    """Whether two paths of an action could be taken from one state."""
    conditions = [z3.And(*t.path.decided) for t in transitions]
    return not _impossible(machine, (z3.AtLeast(*conditions, 2),))


def paths_leave_a_gap(machine: Machine, transitions: list[Transition]) -> bool:
    """Whether in some state no path of an action could be taken."""
    left_out = tuple(negation(z3.And(*t.path.decided)) for t in transitions)
    return not _impossible(machine, left_out)


def _impossible(machine: Machine, given: tuple[z3.BoolRef, ...]) -> bool:
    return Query(machine, Case(given, (), FALSE), _instances(machine), facts=()).round()


def _instances(machine: Machine) -> Instances:
    return Instances(Vocabulary(machine.sorts, machine.atoms))
