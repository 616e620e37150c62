"""A counterexample to induction: a state that satisfies every invariant, and an action that errs.

The state before need not be reachable. If it is not, an invariant is missing that excludes it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from proofs.declared import is_atom, is_record, parts_of
from spec.language import NIL, Action, Rule
from spec.machine.concrete import ConcreteState
from spec.machine.rules import Field
from spec.machine.size import Size


@dataclass(frozen=True)
class Counterexample:
    """One step of a small world, executed by the spec text, and what it violates."""

    action: Action
    args: tuple[Any, ...]
    size: Size
    before: ConcreteState  # only what matters is other than the default
    after: ConcreteState | None  # None: the action broke off
    violated: list[str]
    answer: Any = None  # what the action returned

    def render(self) -> str:
        """Write the step: what is true before, the action, what changes, what is violated."""
        sizes = ((each, getattr(self.size, each.name)) for each in fields(self.size))
        world = ", ".join(f"{each.name} {n}" for each, n in sizes if n != each.default)
        return "\n".join([
            f"world     {world}",
            "before    (every invariant holds)",
            *(f"            {line}" for line in self._before()),
            f"action    {self.call()}",
            "after",
            *(f"            {line}" for line in self._changed()),
            *([] if self.answer is None else [f"answer    {self.answer}"]),
            *(f"violated  {self._sentence(name)}" for name in self.violated),
        ])  # fmt: skip

    def call(self) -> str:
        """Write the action as a call."""
        params = self.action.params.items()
        shown = [
            show(sort, value) if is_atom(sort) else f"{name}={show(sort, value)}"
            for (name, sort), value in zip(params, self.args, strict=True)
        ]
        return f"{self.action.name}({', '.join(shown)})"

    def _before(self) -> list[str]:
        rows = []
        for name, field in self.before.rules.fields.items():
            cells = getattr(self.before, name).cells
            if field.value is bool:
                rows += [f"{name}[{show_key(field, key)}]" for key in sorted(cells)]
            else:
                rows += [
                    f"{name}[{show_key(field, key)}] = {show(field.value, cells[key])}"
                    for key in sorted(cells)
                ]
        return rows

    def _changed(self) -> list[str]:
        if self.after is None:
            return ["(the action broke off)"]
        rows = []
        for name, field in self.before.rules.fields.items():
            old, new = getattr(self.before, name), getattr(self.after, name)
            rows += [
                f"{name}[{show_key(field, key)}]: "
                f"{show(field.value, old[key])} -> {show(field.value, new[key])}"
                for key in sorted({*old.cells, *new.cells})
                if old[key] != new[key]
            ]
        return rows or ["(nothing changed)"]

    def _sentence(self, name: str) -> str:
        rules = self.before.rules
        rule: Rule | None = rules.invariants.get(name) or rules.changes.get(name)
        return f"{name}: {rule.words.splitlines()[0]}" if rule else name


def show(sort: Any, value: Any) -> str:
    """Write a value: an identity as its letter and number, a record with its parts."""
    if value is NIL:
        return "NIL"
    if is_atom(sort):
        return f"{sort.__metadata__[0].letter}{value}"
    if is_record(sort):
        parts = zip(parts_of(sort), value, strict=True)
        return f"{sort.__name__}({', '.join(show(part, v) for part, v in parts)})"
    return str(value)


def show_key(field: Field, key: Any) -> str:
    """Write the key of a cell."""
    keys = key if len(field.keys) > 1 else (key,)
    return ", ".join(show(sort, k) for sort, k in zip(field.keys, keys, strict=True))
