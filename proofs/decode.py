"""From a model of a small world back to plain values: a state, arguments, choices."""

from __future__ import annotations

from typing import Any

import z3

from proofs.declared import is_enum, is_number, is_record, parts_of
from proofs.machine import Machine, Transition
from proofs.symbolic import ChosenEach
from spec.language import NIL, Len
from spec.machine.concrete import ConcreteState
from spec.machine.rules import Field
from spec.machine.size import Size


class Decoder:
    """One model of a machine that has a size."""

    def __init__(self, machine: Machine, model: Any) -> None:
        assert machine.size, "only a small world can be written down"
        self._machine, self._model = machine, model
        self._size: Size = machine.size
        self._members = {
            term.get_id(): member
            for members in machine.sorts.members.values()
            for member, term in members.items()
        }

    def state(self) -> ConcreteState:
        """Return the state before."""
        state = ConcreteState(self._machine.rules, self._size)
        for name, field in self._machine.rules.fields.items():
            for key in self._size.tuples(field.keys):
                cell = self._machine.before.maps[name].at(encoded_key(self._machine, field, key))
                getattr(state, name)[key if len(key) > 1 else key[0]] = self.value(
                    field.value, cell
                )
        return state

    def args(self, transition: Transition) -> tuple[Any, ...]:
        """Return the arguments of the action."""
        return tuple(
            self.value(sort, self._machine.sorts.encode(sort, transition.args[name]))
            for name, sort in transition.action.params.items()
        )

    def choices(self, transition: Transition) -> list[int]:
        """Return what the implementation chose, in order."""
        chosen = []
        for choice in transition.path.choices:
            if isinstance(choice, ChosenEach):
                lo, hi = self._number(choice.lo), self._number(choice.hi)
                terms = [choice.function(z3.IntVal(i)) for i in range(lo, hi)]
            else:
                terms = [choice.term]
            chosen += [self._members[self._eval(term).get_id()] for term in terms]
        return chosen

    def value(self, sort: Any, terms: tuple[Any, ...]) -> Any:
        """Return the plain value of `terms`."""
        if sort == Len:
            pages, rest = map(self._number, terms)
            return pages * self._size.page_size + rest
        term = self._eval(terms[0])
        if sort is bool:
            return bool(z3.is_true(term))
        if is_number(sort):
            return term.as_long()
        if is_enum(sort):
            return self._members[term.get_id()]
        if term.eq(self._eval(self._machine.sorts.nil(sort))):
            return NIL
        if is_record(sort):
            parts = zip(parts_of(sort), term.children(), strict=True)
            return sort(*[self.value(part, (child,)) for part, child in parts])
        return self._members[term.get_id()]

    def _eval(self, term: Any) -> Any:
        return self._model.eval(term, model_completion=True)

    def _number(self, term: Any) -> int:
        return int(self._eval(term).as_long())


def encoded_key(machine: Machine, field: Field, key: tuple[int, ...]) -> tuple[Any, ...]:
    """Return the terms of one cell's key."""
    return tuple(machine.sorts.encode(sort, k)[0] for sort, k in zip(field.keys, key, strict=True))
