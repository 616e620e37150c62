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
from spec.machine.trace import FAULT, STEP, Point, Step
from spec.machine.worlds import Args, World
from spec.state import Answer
from stateful_tests.lockstep import Avoid

T = TypeVar("T")
Choose = Callable[[Sequence[T]], T]
"""Picks one of several: a seeded random generator's choice, or a Hypothesis draw."""

WEIGHTS = {
    "open": 2,
    "submit": 6,
    "generate": 1,
    "abort": 1,
    "close": 1,
    "stay_silent": 1,
    STEP: 3,
    "start": 6,
    "resume": 6,
    "reserve": 8,
    "extend": 8,
    "decode": 8,
    "collect": 8,
    "verify": 6,
    "slide": 3,
    "publish": 4,
    "finish": 4,
    "retract": 2,
    "pre_abort": 1,
    "abort_waiting": 3,
    "abort_first": 3,
    "abort_nth": 3,
    "end_close": 2,
    "time_out": 2,
    "reclaim": 1,
    "evict": 1,
    FAULT: 3,
}
"""How often an allowed action is drawn, relative to the others."""

REQUESTS = ("open", "submit", "generate", "abort", "close", "stay_silent", STEP)
"""What an engine that makes its own moves is driven by."""

TRIES = 6
"""Requests that are looked at until one is not refused, nor to be avoided."""

STRIDE = 7919
"""How far apart these are: a prime, so that they differ. To draw each would take far longer."""

ESSENTIAL = {"open", "submit"}
"""Never left out: without them nothing else happens."""

WITHOUT_SESSIONS = {"generate"}
"""The same where nobody may submit."""

TOGETHER = (("extend", "collect"),)
"""Left out together, or what the one begins is never ended."""


@dataclass(frozen=True)
class Draw:
    """The actions that one run may take."""

    world: World
    actions: frozenset[str]
    avoided: Avoid | None = None  # what is not drawn, since it is known what it leads to
    steps: int = WEIGHTS[STEP]  # how often a step is drawn, relative to the other actions
    points: tuple[Point, ...] = ()  # where faults are injected

    @classmethod
    def swarm(
        cls,
        world: World,
        choose: Choose[Any],
        steers: bool = True,
        avoided: Avoid | None = None,
        unasked: frozenset[str] = frozenset(),
        points: tuple[Point, ...] = (),
    ) -> Draw:
        """Leave each action out with a chance of one in four, but not every way to run a turn.

        What cannot be steered is asked, and takes steps; it is never asked for what is `unasked`.
        """
        offered = [*WEIGHTS] if steers else [*REQUESTS, FAULT]
        names = [name for name in offered if name not in unasked and (points or name != FAULT)]
        essential = ESSENTIAL if "submit" in names else WITHOUT_SESSIONS
        kept = {name for name in names if name in essential or choose([True, True, True, False])}
        if not kept & {STEP, "start"}:
            kept.add(STEP)
        for together in TOGETHER:
            if kept & set(together):
                kept |= set(together)
        return cls(world, frozenset(kept), avoided, points=points)

    def next(self, state: ConcreteState, choose: Choose[Any]) -> Step:
        """Choose an action, then its arguments, among those that the spec allows in `state`."""
        names = [name for name in WEIGHTS if name in self.actions and name != STEP]
        while names:
            weighted = [name for name in names for _ in range(WEIGHTS[name])]
            name = choose([*weighted, *[STEP] * (self.steps if STEP in self.actions else 0)])
            if name == STEP:
                return STEP, ()
            if (args := self._arguments(state, name, choose)) is not None:
                return name, args
            names.remove(name)
        return STEP, ()

    def _arguments(self, state: ConcreteState, name: str, choose: Choose[Any]) -> Args | None:
        """Draw arguments. Most refusals look alike: three times in four, look for none."""
        if name == FAULT:
            return self._fault(state, choose)
        allowed = self.allowed(state, name)
        if not allowed:
            return None
        action = state.rules.actions[name]
        if action.kind == "move":
            return choose(allowed)
        may_be_refused = choose([True, False, False, False])
        place = choose(range(len(allowed)))
        for i in range(TRIES):
            args = allowed[(place + i * STRIDE) % len(allowed)]
            if self.avoided and self.avoided(state, (name, args)):
                continue
            if may_be_refused or action.run(state.fork(), *args) == Answer.OK:
                return args
        return None

    def _fault(self, state: ConcreteState, choose: Choose[Any]) -> Args | None:
        """Draw a turn in flight, and what breaks it."""
        turns = sorted(state.in_flight.cells.values())
        return (choose(turns), choose(self.points)) if turns else None

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
