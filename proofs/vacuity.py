"""Which paths of the actions can be taken at all: a property of paths that cannot says nothing."""

from __future__ import annotations

import z3

from proofs.ground import Instances, Query, Vocabulary
from proofs.logic import FALSE, negation
from proofs.machine import Machine, Transition
from proofs.obligations import Case
from proofs.search import SIZES, SmallWorld
from spec.language import Action
from spec.machine.rules import Rules
from spec.machine.size import Size

COMBINED = (
    Size(2, 4, 2, 2, page_size=2, context_len=4, queue_limit=1),
    Size(1, 2, 1, 2, 2, 4, lookahead=2, window=1, window_pages=2, recurrents=1),
)
"""Worlds for paths that take a long queue, or several kinds of layers."""


class Vacuity:
    """The paths of every action: each is taken in some small world, or impossible in every one."""

    def __init__(self, rules: Rules, sizes: tuple[Size, ...] = (*SIZES, *COMBINED)) -> None:
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
    return Query(machine, Case(given, (), FALSE), _instances(machine), facts=()).round()


def _instances(machine: Machine) -> Instances:
    return Instances(Vocabulary(machine.sorts, machine.atoms))
