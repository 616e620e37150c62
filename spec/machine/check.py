"""Which properties a concrete state, or a step between two of them, breaks."""

from __future__ import annotations

from typing import Any

from spec.language import Action
from spec.machine.concrete import ConcreteState, Size
from spec.machine.rules import Rules


class Checker:
    """Every invariant and change of a spec text, over every identity of one world."""

    def __init__(self, rules: Rules, size: Size) -> None:
        self._invariants = [
            (name, rule.run, list(size.tuples(rule.params.values())))
            for name, rule in rules.invariants.items()
        ]
        self._changes = {
            action.name: [
                (
                    change.name,
                    change.run,
                    "answer" in change.params,
                    list(size.tuples(s for n, s in change.params.items() if n != "answer")),
                )
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

    def violated_changes(
        self, old: ConcreteState, new: ConcreteState, action: Action, answer: Any
    ) -> list[str]:
        """Return the names of the two-state properties of `action` that this step breaks."""
        return [
            name
            for name, run, wants_answer, tuples in self._changes[action.name]
            if not all(run(old, new, *((answer,) if wants_answer else ()), *t) for t in tuples)
        ]
