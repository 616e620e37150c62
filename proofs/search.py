"""The search for counterexamples: small worlds from the smallest up, each searched completely.

In a small world every fact is taken at every identity and index, so the solver's answer is exact.
What it finds is executed by the spec text before it is believed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

import z3

from proofs.choosing import Choosing
from proofs.counterexample import Counterexample
from proofs.declared import is_atom, name_of
from proofs.decode import Decoder, encoded_key
from proofs.lengths import Length, Pair, at_most
from proofs.logic import Fact, equal
from proofs.machine import Machine, Transition
from proofs.obligations import CHECKS, ENSURE, WELL_FORMED, ActionObligations, Case
from spec.language import Action, Broken, Len
from spec.machine.check import Checker
from spec.machine.concrete import ConcreteState, default
from spec.machine.rules import Rules
from spec.machine.size import Size

SIZES = (
    Size(1, 1, 1, 1, page_size=1, context_len=1),
    Size(1, 1, 1, 1, page_size=2, context_len=2),
    Size(1, 2, 1, 1, page_size=2, context_len=2),
    Size(1, 2, 1, 2, page_size=2, context_len=4),
    Size(1, 2, 1, 2, page_size=2, context_len=4, lookahead=1),
    Size(1, 2, 1, 1, page_size=1, context_len=2, recurrents=1),
    Size(1, 2, 1, 2, page_size=1, context_len=2, lookahead=1),
    Size(1, 2, 1, 3, page_size=1, context_len=3, lookahead=2, window=1, window_pages=3),
    Size(2, 2, 2, 2, page_size=1, context_len=2, namespaces=2, texts=2),
    Size(2, 2, 2, 2, page_size=2, context_len=4),
    Size(2, 3, 2, 3, page_size=2, context_len=4, lookahead=1, recurrents=2),
    Size(2, 3, 2, 4, page_size=2, context_len=4, lookahead=2, window=1, window_pages=3, texts=3),
    Size(2, 4, 3, 4, page_size=3, context_len=6),
)
"""The worlds that are searched, in this order."""


class SmallWorld:
    """A machine of one size, with every instance of what is known of the state before."""

    def __init__(self, rules: Rules, size: Size) -> None:
        self.machine, self.size = Machine(rules, size), size
        self.solver = z3.Solver()
        self.solver.add(*self.machine.axioms, *self.instances(self.machine.facts))
        self._checker = Checker(rules, size)
        self._obligations: dict[str, ActionObligations] = {}

    def obligations(self, action: Action) -> ActionObligations:
        """Return what must be proved of `action`, in this world."""
        if action.name not in self._obligations:
            self._obligations[action.name] = ActionObligations(self.machine, action)
        return self._obligations[action.name]

    def instances(self, facts: Iterable[Fact]) -> Iterator[Any]:
        """Generate every instance of `facts`."""
        for fact in facts:
            for terms in product(*map(self._elements, fact.sorts)):
                yield fact.at(terms)

    def _elements(self, sort: Any) -> list[Any]:
        if is_atom(sort):
            return list(self.machine.sorts.members[name_of(sort)].values())
        return [z3.IntVal(i) for i in self.size.domain(sort)]

    def find(self, action: Action, name: str) -> Counterexample | None:
        """Return a counterexample of this size, or None: then there is none."""
        for case in self.obligations(action).cases(name):
            model = self.model(case)
            if model is not None:
                assert case.transition, "only the initial state has no action before it"
                return self._execute(Decoder(self.machine, model), case.transition, name)
        return None

    def has_model(self, case: Case) -> bool:
        """Whether the opposite of `case` can be true."""
        self.solver.push()
        try:
            self.solver.add(*case.given, z3.Not(case.goal), *self.instances(case.facts))
            return bool(self.solver.check() == z3.sat)
        finally:
            self.solver.pop()

    def model(self, case: Case) -> Any:
        """Return a model of the opposite of `case`, as plain as possible, or None."""
        self.solver.push()
        try:
            self.solver.add(*case.given, z3.Not(case.goal), *self.instances(case.facts))
            if self.solver.check() != z3.sat:
                return None
            return self._smaller(self.solver.model(), self._wishes(case))
        finally:
            self.solver.pop()

    def _smaller(self, model: Any, wishes: Iterable[Any]) -> Any:
        """Return a model that no further wish fits: cells that nobody looks at hold the default."""
        todo = list(wishes)
        while todo:
            granted = [wish for wish in todo if z3.is_true(model.eval(wish, True))]
            self.solver.add(*granted)
            todo = [wish for wish in todo if not z3.is_true(model.eval(wish, True))]
            while todo and self.solver.check(todo[0]) != z3.sat:
                todo.pop(0)
            if todo:
                model = self.solver.model()
        return model

    def _wishes(self, case: Case) -> Iterator[Any]:
        """Generate what makes a model easier to read, the most important first."""
        machine = self.machine
        for name, field in machine.rules.fields.items():
            plain = machine.sorts.encode(field.value, default(field.value))
            cells = [
                machine.before.maps[name].at(encoded_key(machine, field, key))
                for key in self.size.tuples(field.keys)
            ]
            yield from (equal(cell, plain) for cell in cells)
            if field.value == Len:
                yield from self._small(cells)
        if case.transition:
            args = [a for a in case.transition.args.values() if isinstance(a, Length)]
            yield from self._small([arg.pair for arg in args])

    def _small(self, cells: list[tuple[Any, ...]]) -> Iterator[Any]:
        """Generate the wishes that each length is at most 0, at most 1, and so on."""
        for tokens in range(2 * self.size.context_len):
            most = Pair(*self.machine.sorts.encode(Len, tokens))
            yield from (at_most(Pair(*cell), most) for cell in cells)

    def _execute(self, decoder: Decoder, transition: Transition, name: str) -> Counterexample:
        """Run the step that the model describes. Raise AssertionError if it does not err.

        A step that breaks off, at a write that is not allowed, errs before `name` can be asked.
        """
        before, args = decoder.state(), decoder.args(transition)
        assert not self._checker.violated(before), f"{self._checker.violated(before)} before"
        after, violated, answer = None, [name], None
        if name not in CHECKS:
            choices = decoder.choices(transition)
            after, violated, answer = self._run(transition, before, args, choices)
            assert name in violated or after is None, f"{name} is not among {violated}"
        return Counterexample(transition.action, args, self.size, before, after, violated, answer)

    def _run(
        self,
        transition: Transition,
        before: ConcreteState,
        args: tuple[Any, ...],
        choices: list[int],
    ) -> tuple[ConcreteState | None, list[str], Any]:
        """Return the state after the action, or None if it broke off, what it violates, answers."""
        script = iter(choices)
        after = Choosing(before, lambda _: next(script))
        try:
            answer = transition.action.run(after, *args)
        except Broken as broken:
            return None, [f"{ENSURE}{broken}"], None
        violated = [
            *self._checker.violated(after),
            *self._checker.violated_changes(before, after, transition.action, args, answer),
            *([WELL_FORMED] if has_negative(after) else []),
        ]
        return after, violated, answer


def has_negative(state: ConcreteState) -> bool:
    """Whether a cell of `state` holds a length below 0."""
    lengths = [name for name, field in state.rules.fields.items() if field.value == Len]
    return any(n < 0 for name in lengths for n in getattr(state, name).cells.values())
