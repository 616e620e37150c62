"""Which properties a concrete state, or a step between two of them, breaks."""

from __future__ import annotations

from typing import Any

from spec.language import Action
from spec.machine.concrete import ConcreteState
from spec.machine.rules import Rules
from spec.machine.size import Size

Args = tuple[Any, ...]


class Checker:
    """Every invariant and change of a spec text, over every identity of one world."""

    def __init__(self, rules: Rules, size: Size) -> None:
        self._invariants = [
            (name, rule.run, list(size.tuples(rule.params.values())))
            for name, rule in rules.invariants.items()
        ]
        self._changes = {
            action.name: [
                (change, list(size.tuples(change.params.values())))
                for change in rules.changes_after(action)
            ]
            for action in rules.actions.values()
        }

    def violated(self, state: ConcreteState) -> list[str]:
        """Return the names of the invariants that do not hold in `state`."""
        return [
            name
            for name, run, tuples in self._invariants
            if not all(run(state, *t) for t in tuples)
        ]

    def sees_arguments(self, action: str) -> bool:
        """Whether a property of `action` speaks of more than the states and the answer."""
        return any({*change.own} - {"answer"} for change, _ in self._changes[action])

    def violated_changes(
        self, old: ConcreteState, new: ConcreteState, action: Action, args: Args, answer: Any
    ) -> list[str]:
        """Return the names of the two-state properties of `action` that this step breaks."""
        broken = []
        for change, tuples in self._changes[action.name]:
            run = change.of_step(action, args, answer)
            if not all(run(old, new, *t) for t in tuples):
                broken.append(change.name)
        return broken
