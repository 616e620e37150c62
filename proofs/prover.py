"""The prover: every obligation of a spec text, by name, proved or refuted one at a time.

A case is put to the solver with the instances at its own terms, and at those that then come up. If
that does not prove it, small worlds are searched for a counterexample, and only then more instances
are made: a proof needs few, and a refutation is found sooner in a small world than by a growing
query.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from proofs.counterexample import Counterexample
from proofs.ground import Instances, Query, Vocabulary
from proofs.length_lemmas import LEMMAS, opposite, prove_lemma
from proofs.machine import Machine
from proofs.obligations import ActionObligations, Case, initial_cases
from proofs.search import SIZES, SmallWorld
from spec.machine.check import Checker
from spec.machine.concrete import ConcreteState
from spec.machine.rules import Rules
from spec.machine.rules import rules as rules_as_they_stand
from spec.machine.size import Size

INIT = "init"
LENGTHS = "lengths"
MOST_ROUNDS = 8
FEW_ROUNDS = 2

Verdict = Literal["proved", "refuted", "unknown"]
Observer = Callable[[Sequence[Any]], None]
"""Is told assertions that the solver found impossible together, whenever a proof relies on it."""


@dataclass(frozen=True)
class Result:
    """What became of one obligation. `unknown` is a failure too."""

    action: str
    property: str
    verdict: Verdict
    seconds: float
    queries: int
    counterexample: str = ""  # as text, where refuted

    def __str__(self) -> str:
        """Say what was to be proved."""
        return f"{self.action}: {self.property}"


class Prover:
    """The obligations of one spec text."""

    def __init__(self, rules: Rules, observer: Observer | None = None) -> None:
        self.rules, self._observer = rules, observer
        self._actions: dict[str, ActionObligations] = {}
        self._worlds: dict[Size, SmallWorld] = {}

    @cached_property
    def _machine(self) -> Machine:
        """The machine of every size: a search for counterexamples does without."""
        return Machine(self.rules)

    @cached_property
    def _instances(self) -> Instances:
        return Instances(Vocabulary(self._machine.sorts, self._machine.atoms))

    @property
    def groups(self) -> list[str]:
        """What obligations are about: the initial state, lengths, and each action."""
        return [INIT, LENGTHS, *self.rules.actions]

    def properties(self, group: str) -> list[str]:
        """Return the names of what must be proved of one action, of lengths or at the start."""
        if group == INIT:
            return list(self.rules.invariants)
        return list(LEMMAS) if group == LENGTHS else self._action(group).properties

    def prove(self, group: str, name: str) -> Result:
        """Prove or refute one obligation."""
        started = time.perf_counter()
        if group == LENGTHS:
            verdict, queries, shown = self._prove_lemma(name), 1, ""
        elif group == INIT:
            verdict, queries, shown = self._prove_initial(name)
        else:
            verdict, queries, shown = self._prove_action(group, name)
        return Result(group, name, verdict, time.perf_counter() - started, queries, shown)

    def counterexample(
        self, action: str, name: str, sizes: tuple[Size, ...] = SIZES
    ) -> Counterexample | None:
        """Return a counterexample in the first world that has one, or None."""
        for size in sizes:
            world = self._worlds.get(size) or SmallWorld(self.rules, size)
            self._worlds[size] = world
            if found := world.find(self.rules.actions[action], name):
                return found
        return None

    def _action(self, action: str) -> ActionObligations:
        if action not in self._actions:
            rule = self.rules.actions[action]
            self._actions[action] = ActionObligations(self._machine, rule, self._holds)
        return self._actions[action]

    def _prove_action(self, action: str, name: str) -> tuple[Verdict, int, str]:
        queries = 0
        searched = False
        for case in self._action(action).cases(name):
            query = Query(self._machine, case, self._instances)
            proved = self._few_rounds(query)
            if not proved and not searched:
                searched = True
                if found := self.counterexample(action, name):
                    return "refuted", queries + query.rounds, found.render()
            while not proved and query.can_grow and query.rounds < MOST_ROUNDS:
                proved = self._round(query)
            queries += query.rounds
            if not proved:
                return "unknown", queries, ""
        return "proved", queries, ""

    def _prove_lemma(self, name: str) -> Verdict:
        verdict = _LEMMA_VERDICTS[prove_lemma(name)]
        if verdict == "proved":
            self._observe(opposite(name))
        return verdict

    def _prove_initial(self, name: str) -> tuple[Verdict, int, str]:
        cases = initial_cases(self._machine, name)
        queries = (Query(self._machine, case, self._instances, facts=()) for case in cases)
        if all(self._round(query) for query in queries):
            return "proved", 1, ""
        for size in SIZES:
            if name in Checker(self.rules, size).violated(ConcreteState(self.rules, size)):
                return "refuted", 1, f"{name} does not hold where no action was taken yet"
        return "unknown", 1, ""

    def _holds(self, case: Case) -> bool:
        """Whether a case is proved in a few rounds."""
        return self._few_rounds(Query(self._machine, case, self._instances))

    def _few_rounds(self, query: Query) -> bool:
        """Whether a few rounds prove the case of `query`."""
        while not (proved := self._round(query)):
            if not query.can_grow or query.rounds >= FEW_ROUNDS:
                break
        return proved

    def _round(self, query: Query) -> bool:
        """Whether a further round proves the case of `query`; the observer is told if so."""
        proved = query.round()
        if proved:
            self._observe(query.assertions)
        return proved

    def _observe(self, impossible: Sequence[Any]) -> None:
        if self._observer:
            self._observer(impossible)


_LEMMA_VERDICTS: dict[str, Verdict] = {"unsat": "proved", "sat": "refuted", "unknown": "unknown"}


def obligations(rules: Rules | None = None) -> list[tuple[str, str]]:
    """Return the action and the property of everything that must be proved, in order."""
    prover = Prover(rules or rules_as_they_stand())
    return [(group, name) for group in prover.groups for name in prover.properties(group)]


def prove(
    rules: Rules | None = None,
    action: str | None = None,
    property: str | None = None,  # noqa: A002 - it is the word for it
) -> Iterator[Result]:
    """Generate a result for each obligation, of one action and of one name if given.

    Interrupting it between two results loses none of them.
    """
    prover = Prover(rules or rules_as_they_stand())
    for group in prover.groups if action is None else [action]:
        for name in prover.properties(group):
            if property in (None, name):
                yield prover.prove(group, name)


def find_counterexample(
    rules: Rules,
    action: str,
    property: str,  # noqa: A002 - it is the word for it
) -> Counterexample | None:
    """Return a step of a small world from a state that satisfies every invariant, or None."""
    return Prover(rules).counterexample(action, property)
