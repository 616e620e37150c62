"""A path through canonical states, taken again by the concrete interpreter: the trace to tell.

Canonical states change names at every step, and a trace keeps its names. So each step is looked for
among the concrete ones: one that leads to the same state up to names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from proofs.vectorised.machine import Machine
from spec.language import Broken, Forbidden, NoRoom
from spec.machine.canonical import Canonical
from spec.machine.concrete import ConcreteState
from spec.machine.expand import Expander
from spec.machine.trace import Step

Path = tuple[int, ...]
"""The instances from the initial state on, by number."""


@dataclass(frozen=True)
class Place:
    """The end of a path: its canonical row, the concrete state, and the trace that leads there."""

    row: Tensor
    state: ConcreteState
    trace: list[Step]


class Replay:
    """Takes paths again; what several of them begin with is taken once."""

    def __init__(self, machine: Machine) -> None:
        self._machine, layout = machine, machine.layout
        self._rules, self._world = layout.rules, layout.world
        self._canonical = Canonical(layout.rules, layout.size)
        initial = layout.world.initial(layout.rules)
        row = layout.tensor([initial], machine.dtype).to(machine.device)
        self._known: dict[Path, Place] = {(): Place(row, initial, [])}

    def place(self, path: Path) -> Place:
        """Return the end of a path."""
        for length in range(len(path)):
            taken = path[: length + 1]
            if taken not in self._known:
                self._known[taken] = self._after(self._known[path[:length]], path[length])
        return self._known[path]

    def _after(self, place: Place, number: int) -> Place:
        machine, here = self._machine, torch.zeros(1, dtype=torch.int64)
        row = machine.effects.follow(place.row, here.to(machine.device), [(number, 1)]).rows
        wanted = self._canonical.key(machine.layout.decode(row[0].tolist()))
        for step, new in self._steps(place.state, machine.instances[number].action):
            if self._canonical.key(new) == wanted:
                return Place(row, new, [*place.trace, step])
        raise AssertionError("the interpreters do not agree on an action")

    def _steps(self, state: ConcreteState, action: str) -> Iterator[tuple[Step, ConcreteState]]:
        for args in self._world.arguments(state, action):
            new = state.fork()
            try:
                self._rules.actions[action].run(new, *args)
            except (Forbidden, NoRoom, Broken):
                continue
            yield (action, args), new

    def violation(self, path: Path) -> tuple[str, list[Step]]:
        """Return which property breaks after a path, and the whole trace."""
        place = self.place(path)
        found = Expander(self._rules, self._world)(place.state.cells()).violation
        assert found is not None, "the interpreters do not agree on a property"
        name, step = found
        return name, [*place.trace, step]

    def case(self, name: str, path: Path) -> list[Step]:
        """Return the trace to a case that can be seen after a path."""
        place, case = self.place(path), self._rules.cases[name]
        for step, _ in self._steps(place.state, case.action.name):
            if case.run(place.state, *step[1]):
                return [*place.trace, step]
        raise AssertionError(f"the interpreters do not agree on {name}")
