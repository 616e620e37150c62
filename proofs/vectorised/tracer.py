"""Traces actions, with every candidate for their arguments, and properties of one world."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import Any

from proofs.vectorised.arguments import Offers, candidates
from proofs.vectorised.forks import Forks, NotFiniteError, Run
from proofs.vectorised.graph import Graph, Node
from proofs.vectorised.instances import Effect, Instance, is_number, sorts
from proofs.vectorised.layout import Coding, Layout
from proofs.vectorised.maps import Tracing
from proofs.vectorised.state import FormulaState
from proofs.vectorised.values import Value, as_node
from spec.language import Action, Broken, Forbidden, NoRoom, Rule
from spec.machine.worlds import Args

FEW = 6
"""Where at most so many cells are written, it is worth seeing early whether one changes."""


class Tracer:
    """Traces the rules of one world."""

    def __init__(self, layout: Layout, largest: int) -> None:
        self.layout, self.rules = layout, layout.rules
        self.graph = Graph(largest)
        self.tracing = Tracing(layout, Forks(self.graph))
        self.old = FormulaState.held(self.tracing)
        self.offers = Offers(layout.world)

    def arguments(self, rule: Rule, args: Args) -> list[Any]:
        """Return arguments as the rule takes them."""
        return [self.tracing.argument(s, a) for s, a in zip(sorts(rule), args, strict=True)]

    def instances(self) -> list[Instance]:
        """Return what may happen at all."""
        found = []
        for name, action in self.rules.actions.items():
            for args in candidates(self.layout.world, name):
                if instance := self.instance(action, tuple(args)):
                    found.append(instance)
        return found

    def instance(self, action: Action, args: Args) -> Instance | None:
        """Trace one action; None if no state offers the arguments, or it never does anything."""
        graph, given = self.graph, self.arguments(action, args)
        offered = self.tracing.formula(partial(self.offers, self.old, action.name, tuple(given)))
        if offered is graph.false:
            return None
        runs, states = self._runs(action, given)

        def when(holds: Callable[[Run], bool]) -> Node:
            return graph.both(offered, self.tracing.forks.when(runs, holds))

        no_room = when(lambda run: isinstance(run.result, NoRoom))
        taken = when(lambda run: not isinstance(run.result, Forbidden | NoRoom))
        if {taken, no_room} == {graph.false}:
            return None
        before = self.old.cells()
        acts = when(lambda run: isinstance(run.result, Broken) or (
            not isinstance(run.result, Exception) and states[id(run)].cells() != before
        ))  # fmt: skip
        writes = self._after(runs, states)[1]
        if len(writes) <= FEW and when(lambda run: isinstance(run.result, Broken)) is graph.false:
            differs = [graph.negation(graph.equal(before[at], n)) for at, n in writes.items()]
            acts = graph.both(acts, graph.any(differs))
        idle = graph.both(taken, graph.negation(acts))
        idle_breaks = self._broken(action, self.old, given, self._answer(runs))
        return Instance(action.name, args, taken, no_room, acts, graph.both(idle, idle_breaks))

    def effect(self, action: Action, args: Args) -> Effect:
        """Trace what an action does, whatever the numbers among its arguments."""
        graph, given, position = self.graph, self.arguments(action, args), self.layout.cells
        for i, sort in enumerate(sorts(action)):
            if is_number(sort):
                cell = graph.cell(position, 0, self.layout.highest)
                given[i] = Value(self.tracing.forks, cell)
                position += 1
        runs, states = self._runs(action, given)
        at_nil = self._fold(runs, lambda run: graph.any(run.wrote_at_nil))
        broken = self.tracing.forks.when(runs, lambda run: isinstance(run.result, Broken))
        escapes = self._fold(runs, lambda run: graph.any(run.escaped))
        new, writes = self._after(runs, states)
        changes = self._broken(action, new, given, self._answer(runs))
        return Effect(writes, graph.any([broken, at_nil, changes]), escapes)

    def answer(self, action: Action, given: list[Any]) -> Any:
        """Return what an action answers to arguments as it takes them."""
        return self._answer(self._runs(action, given)[0])

    def _runs(self, action: Action, given: list[Any]) -> tuple[list[Run], dict[int, FormulaState]]:
        """Return every run of an action, and the state that each ends in."""
        ends: list[FormulaState] = []

        def body() -> Any:
            ends.append(self.old.fork())
            return action.run(ends[-1], *given)

        runs = self.tracing.forks.runs(body)
        return runs, {id(run): state for run, state in zip(runs, ends, strict=True)}

    def _fold(self, runs: list[Run], leaf: Callable[[Run], Node]) -> Node:
        node = self.tracing.forks.fold(runs, leaf)
        assert node is not None
        return node

    def _after(
        self, runs: list[Run], states: dict[int, FormulaState]
    ) -> tuple[FormulaState, dict[int, Node]]:
        """Return the state after the runs that return, and the cells that are written."""
        returned = [run for run in runs if not isinstance(run.result, Exception)]
        new, writes = self.old.fork(), {}
        for name, place in self.layout.places.items():
            before = self.old.maps[name].cells
            for i in range(place.cells):
                after = {id(run): states[id(run)].maps[name].cells[i] for run in returned}
                if all(node is before[i] for node in after.values()):
                    continue
                node = self.tracing.forks.fold(runs, lambda run, after=after: after.get(id(run)))  # type: ignore[misc]
                if node is not None and node is not before[i]:
                    new.maps[name].cells[i] = writes[place.offset + i] = node
        return new, writes

    def _answer(self, runs: list[Run]) -> Any:
        """Return what the action answers."""
        results = [run.result for run in runs if not isinstance(run.result, Exception)]
        members = [type(result) for result in results if isinstance(result, StrEnum)]
        coding: Coding | None = self.layout.coding(members[0]) if members else None

        def leaf(run: Run) -> Node | None:
            if isinstance(run.result, Exception):
                return None
            return as_node(self.tracing.forks, run.result, coding)

        node = self.tracing.forks.fold(runs, leaf)
        return None if node is None else Value(self.tracing.forks, node, coding)

    def _broken(self, action: Action, new: FormulaState, given: list[Any], answer: Any) -> Node:
        """Return whether a two-state property of the action does not hold."""
        failures = []
        for change in self.rules.changes_after(action):
            run = change.of_step(action, given, answer)
            for values in self.tracing.every(sorts(change)):
                holds = self.tracing.formula(partial(run, self.old, new, *values))
                failures.append(self.graph.negation(holds))
        return self.graph.any(failures)

    def invariants(self) -> Node:
        """Return whether the state breaks some invariant."""
        failures = []
        for rule in self.rules.invariants.values():
            for values in self.tracing.every(rule.params.values()):
                holds = self.tracing.formula(partial(rule.run, self.old, *values))
                failures.append(self.graph.negation(holds))
        return self.graph.any(failures)

    def cases(self, instances: list[Instance]) -> dict[str, Node]:
        """Return when each case is seen, as far as it ever is."""
        found: dict[str, Node] = {}
        for name, case in self.rules.cases.items():
            for instance in instances:
                if instance.action != case.action.name:
                    continue
                args = self.arguments(case, instance.args)
                seen = self.tracing.formula(partial(case.run, self.old, *args))
                seen = self.graph.both(instance.taken, seen)
                if seen is not self.graph.false:
                    found[name] = self.graph.either(found.get(name, self.graph.false), seen)
        return found


def traced(layout: Layout, largest: int) -> Tracer:
    """Return a tracer; raise OverflowError if the numbers of the world do not fit."""
    if layout.highest > largest:
        raise OverflowError("the lengths of this world do not fit")
    for place in layout.places.values():
        if place.value.hi > largest:
            raise OverflowError(f"the values of {place.name} do not fit")
    if not layout.places:
        raise NotFiniteError("a state without maps")
    return Tracer(layout, largest)
