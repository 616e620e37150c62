"""Every action from one state: the states that follow, and what was seen on the way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from spec.language import Broken, Forbidden, NoRoom
from spec.machine.canonical import Canonical
from spec.machine.check import Checker
from spec.machine.concrete import ConcreteState
from spec.machine.rules import Rules
from spec.machine.trace import Step
from spec.machine.worlds import World

Cells = tuple[dict[Any, Any], ...]


@dataclass
class Expansion:
    """What follows one state. `new` may hold states that another state was found to lead to."""

    new: list[tuple[int, Cells, Step]] = field(default_factory=list)  # canonical key, cells, action
    taken: Counter[str] = field(default_factory=Counter)  # transitions by action
    no_room: Counter[str] = field(default_factory=Counter)  # attempts that found no row or page
    cases: list[tuple[str, Step]] = field(default_factory=list)  # seen here, unless seen before
    violation: tuple[str, Step] | None = None  # the first property broken, and by what


class Expander:
    """Expands states of one world under one spec text; remembers which states it has reported."""

    def __init__(self, rules: Rules, world: World) -> None:
        self.rules, self.world = rules, world
        self.canonical = Canonical(rules, world.size)
        self.checker = Checker(rules, world.size)
        self._known: set[int] = set()
        self._cases = {
            action: {
                case.name: case.run for case in rules.cases.values() if case.action.name == action
            }
            for action in rules.actions
        }

    def __call__(self, cells: Cells) -> Expansion:
        """Take every action; stop at the first property that is broken."""
        found = Expansion()
        state = ConcreteState.of(self.rules, self.world.size, cells)
        new = state.fork()
        idle: set[tuple[str, object]] = set()  # actions that changed nothing, with their answers
        for name, action in self.rules.actions.items():
            each_counts = self.checker.sees_arguments(name)
            for args in self.world.arguments(state, name):
                try:
                    answer = action.run(new, *args)
                except Forbidden:  # guards and choices come before effects: `new` is still `state`
                    continue
                except NoRoom:
                    found.no_room[name] += 1
                    continue
                except Broken as broken:
                    found.violation = str(broken), (name, args)
                    return found
                self._see(found, state, (name, args))
                unchanged = not new.written or new.same_as(state)
                if unchanged and not each_counts and (name, answer) in idle:
                    continue
                broken_changes = self.checker.violated_changes(state, new, action, args, answer)
                if broken_changes or (not unchanged and not self._arrive(found, new, (name, args))):
                    found.violation = found.violation or (broken_changes[0], (name, args))
                    return found
                if unchanged:
                    idle.add((name, answer))
                new.reset(state)
        return found

    def _see(self, found: Expansion, state: ConcreteState, step: Step) -> None:
        """Count a transition, and report cases that were not seen before."""
        name, args = step
        found.taken[name] += 1
        seen = [case for case, holds in self._cases[name].items() if holds(state, *args)]
        for case in seen:
            del self._cases[name][case]
            found.cases.append((case, step))

    def _arrive(self, found: Expansion, new: ConcreteState, step: Step) -> bool:
        """Report a state that was not reported before, if it satisfies every invariant."""
        key = self.canonical.key(new)
        if key in self._known:
            return True
        self._known.add(key)
        if broken := self.checker.violated(new):
            found.violation = broken[0], step
            return False
        found.new.append((key, new.cells(), step))
        return True
