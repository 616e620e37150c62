"""Which action comes next: drawn from what the spec allows, plus requests that must be refused.

Each run leaves out some actions (swarm), so that some runs reach what busy ones never do: a full
pool, a long queue, many turns of one session.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from spec.language import Forbidden, NoRoom
from spec.machine.concrete import ConcreteState
from spec.machine.trace import STEP, Step
from spec.machine.worlds import Args, World
from spec.state import Answer

T = TypeVar("T")
Choose = Callable[[Sequence[T]], T]
"""Picks one of several: a seeded random generator's choice, or a Hypothesis draw."""

WEIGHTS = {
    "open": 2,
    "submit": 6,
    "abort": 1,
    "close": 1,
    STEP: 3,
    "start": 6,
    "resume": 6,
    "reserve": 8,
    "extend": 8,
    "decode": 8,
    "finish": 4,
    "retract": 2,
    "pre_abort": 1,
    "abort_waiting": 3,
    "abort_first": 3,
    "abort_nth": 3,
    "end_close": 2,
}
"""How often an allowed action is drawn, relative to the others."""

ESSENTIAL = {"open", "submit"}
"""Never left out: without them nothing else happens."""


@dataclass(frozen=True)
class Draw:
    """The actions that one run may take."""

    world: World
    actions: frozenset[str]

    @classmethod
    def swarm(cls, world: World, choose: Choose[Any]) -> Draw:
        """Leave each action out with a chance of one in four, but not every way to run a turn."""
        kept = {name for name in WEIGHTS if name in ESSENTIAL or choose([True, True, True, False])}
        if not kept & {STEP, "start"}:
            kept.add(STEP)
        return cls(world, frozenset(kept))

    def next(self, state: ConcreteState, choose: Choose[Any]) -> Step:
        """Choose an action, then its arguments, among those that the spec allows in `state`."""
        names = [name for name in WEIGHTS if name in self.actions and name != STEP]
        while names:
            weighted = [name for name in names for _ in range(WEIGHTS[name])]
            name = choose([*weighted, *[STEP] * (WEIGHTS[STEP] if STEP in self.actions else 0)])
            if name == STEP:
                return STEP, ()
            if allowed := self._useful(state, name, self.allowed(state, name), choose):
                return name, choose(allowed)
            names.remove(name)
        return STEP, ()

    def _useful(
        self, state: ConcreteState, name: str, allowed: list[Args], choose: Choose[Any]
    ) -> list[Args]:
        """Leave refused requests out, three times in four: most refusals look alike."""
        if state.rules.actions[name].kind != "request" or choose([True, False, False, False]):
            return allowed
        run = state.rules.actions[name].run
        return [args for args in allowed if run(state.fork(), *args) == Answer.OK]

    def allowed(self, state: ConcreteState, name: str) -> list[Args]:
        """Return the arguments with which `name` may happen in `state`, or is a request."""
        action = state.rules.actions[name]
        arguments = self.world.arguments(state, name)
        if action.kind == "request":
            return list(arguments)
        return [args for args in arguments if _may_happen(state, action.run, args)]


def _may_happen(state: ConcreteState, run: Callable[..., Any], args: Args) -> bool:
    """Tell whether the guard holds; a move without room is tried as well."""
    try:
        run(state.fork(), *args)
    except NoRoom:
        return True
    except Forbidden:
        return False
    return True
