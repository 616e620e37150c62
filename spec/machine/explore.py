"""Every state of a small world, breadth first: invariants hold in all, cases are reached.

Paths are shortest: breadth first finds the first state that violates a property, or reaches a case,
by as few actions as any.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from spec.language import Broken, Forbidden, NoRoom
from spec.machine.canonical import Canonical
from spec.machine.check import Checker
from spec.machine.concrete import ConcreteState
from spec.machine.rules import Rules
from spec.machine.worlds import Args, World

Step = tuple[str, Args]


@dataclass
class Exploration:
    """What an exploration found. It is valid, if partial, at any time."""

    world: World
    states: int = 1
    transitions: int = 0
    depth: int = 0
    complete: bool = False
    seconds: float = 0.0
    taken: Counter[str] = field(default_factory=Counter)  # transitions per action
    no_room: Counter[str] = field(default_factory=Counter)  # attempts that found no row or page
    cases: dict[str, list[Step]] = field(default_factory=dict)  # shortest trace to each case
    violation: tuple[str, list[Step]] | None = None  # a property's name and the shortest trace


class Explorer:
    """Breadth-first search of one world under one spec text."""

    def __init__(self, rules: Rules, world: World) -> None:
        self.rules, self.world = rules, world
        self.found = Exploration(world)
        self._canonical = Canonical(rules, world.size)
        self._checker = Checker(rules, world.size)
        self._todo: deque[tuple[ConcreteState, int, int]] = deque()
        self._came_from: dict[int, tuple[int, Step] | None] = {}
        self._cases = {a.name: [c for c in rules.cases.values() if c.action is a]
                       for a in rules.actions.values()}  # fmt: skip

    def run(
        self, max_states: int | None = None, progress: Callable[[Exploration], None] | None = None
    ) -> Exploration:
        """Visit every reachable state, or `max_states`; stop at the first violation.

        `self.found` is up to date when a KeyboardInterrupt leaves this method.
        """
        started, found = time.perf_counter(), self.found
        initial = self.world.initial(self.rules)
        key = self._canonical.key(initial)
        self._came_from[key] = None
        self._todo.append((initial, key, 0))
        try:
            while self._todo and (max_states is None or found.states < max_states):
                state, key, found.depth = self._todo.popleft()
                if not self._expand(state, key, found.depth):
                    return found
                if progress:
                    progress(found)
            found.complete = not self._todo
        finally:
            found.seconds = time.perf_counter() - started
        return found

    def _expand(self, state: ConcreteState, key: int, depth: int) -> bool:
        """Take every action from `state`; return False at a violation."""
        new = state.fork()
        idle: set[tuple[str, object]] = set()  # actions that changed nothing, with their answers
        for name, action in self.rules.actions.items():
            for args in self.world.arguments(state, name):
                try:
                    answer = action.run(new, *args)
                except Forbidden:  # guards come before effects: `new` is still `state`
                    continue
                except NoRoom:
                    self.found.no_room[name] += 1
                    continue
                except Broken as broken:
                    return self._violation(str(broken), key, (name, args))
                self._count(state, key, (name, args))
                unchanged = new.same_as(state)
                if unchanged and (name, answer) in idle:
                    continue
                if broken_changes := self._checker.violated_changes(state, new, action, answer):
                    return self._violation(broken_changes[0], key, (name, args))
                if unchanged:
                    idle.add((name, answer))
                elif not self._arrive(new, key, (name, args), depth):
                    return False
                else:
                    new = state.fork()
        return True

    def _count(self, state: ConcreteState, key: int, step: Step) -> None:
        """Count a transition, and note the first trace to each case."""
        name, args = step
        self.found.transitions += 1
        self.found.taken[name] += 1
        for case in self._cases[name]:
            if case.name not in self.found.cases and case.run(state, *args):
                self.found.cases[case.name] = [*self._trace(key), step]

    def _arrive(self, new: ConcreteState, key: int, step: Step, depth: int) -> bool:
        """Check and queue a state that was not seen before; return False at a violation."""
        new_key = self._canonical.key(new)
        if new_key in self._came_from:
            return True
        self._came_from[new_key] = (key, step)
        self.found.states += 1
        if broken := self._checker.violated(new):
            return self._violation(broken[0], key, step)
        self._todo.append((new, new_key, depth + 1))
        return True

    def _violation(self, name: str, key: int, step: Step) -> bool:
        self.found.violation = (name, [*self._trace(key), step])
        return False

    def _trace(self, key: int) -> list[Step]:
        """Return the actions from the initial state to the state of `key`."""
        steps: list[Step] = []
        while (came := self._came_from[key]) is not None:
            key, step = came
            steps.append(step)
        return steps[::-1]
