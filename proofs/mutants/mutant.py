"""A mutant: the spec text with one small change, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from spec.machine.rules import Rules
from spec.machine.variant import Edit, variant


class Kind(StrEnum):
    """What a change does to the text."""

    GUARD = "guard dropped"  # a `require`, a `need`, the filter of a choice
    PART = "part of a condition dropped"
    FORCED = "condition forced"
    EFFECT = "effect dropped"
    NUMBER = "number off by one"
    BOUND = "bound off by one"
    COMPARISON = "comparison shifted"
    LEAST = "least dropped"
    ENUM = "enumeration swapped"


@dataclass(frozen=True)
class Mutant:
    """One change of one function. `key` names it by its text, and so survives moved lines."""

    kind: Kind
    edit: Edit  # of the whole function, which occurs once
    function: str
    line: int
    serial: int  # among the mutants of one kind that a line has, from 1
    before: str  # the statement, or its head
    after: str

    @property
    def name(self) -> str:
        """Where it is and what it does."""
        number = f" {self.serial}" if self.serial > 1 else ""
        return f"{self.edit.module}.py:{self.function}:{self.line} {self.kind}{number}"

    @property
    def key(self) -> str:
        """What it is, wherever it is in the file."""
        return f"{self.function}: {self.before}  ->  {self.after}"

    @property
    def rules(self) -> Rules:
        """The rules of the changed text."""
        return variant(self.edit)


class Verdict(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    EQUIVALENT = "equivalent"  # it survives, and the table says why it may
    SURVIVED = "survived"
    INVALID = "invalid"  # not in the language, or not loadable: it says nothing
    NOT_RUN = "not run"


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant, by which means and why."""

    mutant: Mutant
    verdict: Verdict = Verdict.NOT_RUN
    killer: str = ""  # exploration, case, prover
    words: str = ""  # the property that it violates, the case that it loses, the reason to survive
    seconds: float = 0.0
    states: int = 0  # explored
    obligations: int = 0  # put to the prover
