"""Do the two interpreters agree? What the concrete one does is held against what Z3 is told.

The symbolic action, with state, arguments and choices pinned to those of a concrete step, must
admit the state after and no other: that no other is admitted shows that nothing is left open.
"""

from __future__ import annotations

from typing import Any

import z3

from proofs.decode import Decoder, encoded_key
from proofs.lengths import Length
from proofs.logic import FALSE, TRUE, conjunction, equal
from proofs.machine import Transition
from proofs.samples import Sample, take
from proofs.search import SmallWorld
from proofs.symbolic import ChosenEach, SymbolicState
from spec.language import Action, Len, NoRoom
from spec.machine.check import Checker
from spec.machine.concrete import ConcreteState
from spec.machine.rules import Rules
from spec.machine.size import Size


class Conformance:
    """One world, seen by both interpreters."""

    def __init__(self, rules: Rules, size: Size) -> None:
        self._small = SmallWorld(rules, size)
        self._machine = self._small.machine
        self._checker = Checker(rules, size)
        self._size = size

    # -- actions -----------------------------------------------------------------------------------

    def disagreement(self, sample: Sample) -> str | None:
        """Return how the interpreters disagree on a step, or None."""
        action = self._machine.rules.actions[sample.action.name]
        paths = self._small.obligations(action).transitions
        solver = self._small.solver
        solver.push()
        try:
            solver.add(self._cells(self._machine.before, sample.before), self._args(paths, sample))
            return self._compare([p for p in paths if self._is_open(p, sample)], sample)
        finally:
            solver.pop()

    def _compare(self, possible: list[Transition], sample: Sample) -> str | None:
        if not possible and isinstance(sample.answer, NoRoom):
            return None  # symbolically, what is chosen exists
        if len(possible) != 1:
            return f"{len(possible)} symbolic paths are open, not 1"
        (path,) = possible
        if sample.after is None:
            alike = type(path.outcome) is type(sample.answer)
            return None if alike else f"only concretely {type(sample.answer).__name__}"
        if not path.is_done:
            return f"concretely done, symbolically {path.outcome!r}"
        same = conjunction([self._cells(path.after, sample.after), _same_answer(path, sample)])
        if not self._is_open(path, sample, same):
            return "the symbolic action does not admit the state after"
        if self._is_open(path, sample, z3.Not(same)):
            return "the symbolic action admits another state after"
        return None

    def _is_open(self, path: Transition, sample: Sample, *also: Any) -> bool:
        """Whether `path` can be taken with the choices of the sample."""
        solver = self._small.solver
        solver.push()
        try:
            solver.add(*path.path.given, *self._small.instances(path.path.facts))
            solver.add(*self._choices(path, sample), *also)
            return bool(solver.check() == z3.sat)
        finally:
            solver.pop()

    def _args(self, paths: list[Transition], sample: Sample) -> Any:
        encode = self._machine.sorts.encode
        symbolic = paths[0].args.values()
        sorts = sample.action.params.values()
        return conjunction(
            equal(encode(sort, this), encode(sort, value))
            for sort, this, value in zip(sorts, symbolic, sample.args, strict=True)
        )

    def _choices(self, path: Transition, sample: Sample) -> list[Any]:
        pinned = []
        for choice, chosen in zip(path.path.choices, sample.chosen, strict=False):
            for offset, identity in enumerate(chosen):
                each = isinstance(choice, ChosenEach)
                term = choice.function(choice.lo + offset) if each else choice.term
                sort = choice.sort
                pinned.append(term == self._machine.sorts.encode(sort, identity)[0])
        return pinned

    def paths(self, action: Action) -> list[Sample]:
        """Return one step for each path of `action` that the solver can take, then executed."""
        todo = [(self._condition(t), t) for t in self._small.obligations(action).transitions]
        solver, found = self._small.solver, list[Sample]()
        solver.push()
        try:
            solver.add(z3.Or(*(condition for condition, _ in todo)))
            while solver.check() == z3.sat:
                model = solver.model()
                taken, path = next(each for each in todo if z3.is_true(model.eval(each[0], True)))
                solver.add(z3.Not(taken))
                decoder = Decoder(self._machine, model)
                script = iter(decoder.choices(path))
                args = decoder.args(path)
                found.append(take(decoder.state(), action, args, lambda _: next(script)))  # noqa: B023 - called at once
        finally:
            solver.pop()
        return found

    def _condition(self, path: Transition) -> Any:
        """Return the formula that `path` is taken."""
        return z3.And(*path.path.given, *self._small.instances(path.path.facts))

    # -- states ------------------------------------------------------------------------------------

    def misjudged(self, state: ConcreteState) -> list[str]:
        """Return the invariants that the interpreters judge differently in `state`."""
        solver = z3.Solver()
        solver.add(*self._machine.axioms, *self._small.instances(self._machine.at_nil))
        solver.add(self._cells(self._machine.before, state))
        assert solver.check() == z3.sat, "a concrete state is one of the symbolic ones"
        model, violated = solver.model(), set(self._checker.violated(state))
        return [
            name
            for name, fact in zip(
                self._machine.rules.invariants, self._machine.invariants, strict=True
            )
            if self._holds(model, fact) == (name in violated)
        ]

    def broken(self, name: str) -> ConcreteState | None:
        """Return a state that breaks an invariant, if this world has one."""
        machine, solver = self._machine, z3.Solver()
        fact = machine.invariants[list(machine.rules.invariants).index(name)]
        maps = machine.rules.fields.values()
        known = [*machine.at_nil, *(machine.well_formed(machine.before, each) for each in maps)]
        solver.add(*machine.axioms, *self._small.instances(known))
        solver.add(z3.Not(conjunction(self._small.instances([fact]))))
        if solver.check() != z3.sat:
            return None
        return Decoder(machine, solver.model()).state()

    def _holds(self, model: Any, fact: Any) -> bool:
        return all(
            z3.is_true(model.eval(instance, model_completion=True))
            for instance in self._small.instances([fact])
        )

    def _cells(self, symbolic: SymbolicState, concrete: ConcreteState) -> Any:
        """Return the formula that every cell of both states is the same."""
        encode = self._machine.sorts.encode
        return conjunction(
            equal(
                symbolic.maps[name].at(encoded_key(self._machine, field, key)),
                encode(field.value, getattr(concrete, name)[key if len(key) > 1 else key[0]]),
            )
            for name, field in self._machine.rules.fields.items()
            for key in self._size.tuples(field.keys)
        )


def _same_answer(path: Transition, sample: Sample) -> Any:
    if isinstance(path.outcome, Length):
        sorts = path.after.sorts
        return equal(path.outcome.pair, sorts.encode(Len, sample.answer))
    return TRUE if path.outcome == sample.answer else FALSE
