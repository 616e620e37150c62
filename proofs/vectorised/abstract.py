"""The abstract transitions of many states at a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import torch
from torch import Tensor

from proofs.vectorised.graph import Node
from proofs.vectorised.instances import Instance
from proofs.vectorised.machine import Machine
from proofs.vectorised.program import Program, compiled
from proofs.vectorised.values import as_node
from spec.language import Action
from spec.machine.abstract import DONE, NO_ROOM, Abstract, concerned
from spec.machine.facts import Fact, facts_before
from spec.state import Answer

BLOCK = 1 << 14
"""States that are looked at at once: every fact of every instance is a column."""

MOVE_ANSWERS = (DONE, NO_ROOM)

Digits = list[Node]
"""The number of an answer, and a flag for each fact."""

Looks = tuple[str, list[tuple[int, list[int]]], Program]
"""An action, when it is answered and with which digits, by place in what its program returns."""


class AbstractTransitions:
    """Collects the abstract transitions from every state that it visits."""

    def __init__(self, machine: Machine) -> None:
        self._machine, self._tracer = machine, machine.tracer
        self.found: set[Abstract] = set()
        with torch.inference_mode():
            self._looks = [
                self._look(machine.layout.rules.actions[name], list(instances))
                for name, instances in groupby(machine.instances, lambda each: each.action)
            ]

    def visit(self, rows: Tensor) -> None:
        """Add what may happen in each of the states."""
        for start in range(0, len(rows), BLOCK):
            columns = self._machine.effects.columns(rows[start : start + BLOCK])
            for action, outcomes, program in self._looks:
                found = program(columns)
                codes = [_codes(found[when], [found[n] for n in digits])
                         for when, digits in outcomes]  # fmt: skip
                for code in torch.unique(torch.cat(codes)).tolist():
                    self.found.add(self._decoded(action, code))

    def _look(self, action: Action, instances: list[Instance]) -> Looks:
        """Compile what tells the transitions of one action apart."""
        outcomes = [each for instance in instances for each in self._outcomes(action, instance)]
        nodes = list(dict.fromkeys(node for when, digits in outcomes for node in (when, *digits)))
        places = {node: i for i, node in enumerate(nodes)}
        return (
            action.name,
            [(places[when], [places[node] for node in digits]) for when, digits in outcomes],
            compiled(nodes, self._machine.constants),
        )

    def _outcomes(self, action: Action, instance: Instance) -> Iterator[tuple[Node, Digits]]:
        """Generate when an instance is answered, and how."""
        tracer, graph = self._tracer, self._tracer.graph
        args = tracer.arguments(action, instance.args)
        facts = [self._holds(fact, action, args) for fact in facts_before(action.name)]
        if action.kind == "request":
            answer = tracer.answer(action, args)
            coding = tracer.layout.coding(Answer)
            yield instance.taken, [as_node(tracer.tracing.forks, answer, coding), *facts]
            return
        for number, when in enumerate((instance.taken, instance.no_room)):
            if when is not graph.false:
                yield when, [graph.number(number), *facts]

    def _holds(self, fact: Fact, action: Action, args: list[Any]) -> Node:
        def run() -> Any:
            known = concerned(self._tracer.old, action.params, args)
            return fact.run(self._tracer.old, *(known[name] for name in fact.params))

        return self._tracer.tracing.formula(run)

    def _decoded(self, action: str, code: int) -> Abstract:
        """Return what digits stand for."""
        num = len(facts_before(action))
        answers = tuple(Answer) if action in self._machine.layout.rules.requests else MOVE_ANSWERS
        holds = "".join("1" if code >> i & 1 else "0" for i in reversed(range(num)))
        return Abstract(action, str(answers[code >> num]), holds)


def _codes(when: Tensor, digits: list[Tensor]) -> Tensor:
    """Return one number for all digits, of each state in which `when` holds."""
    where = torch.nonzero(when).flatten()
    code = torch.zeros(len(where), dtype=torch.int64, device=when.device)
    for digit in digits:
        code = 2 * code + digit[where]
    return code
