"""The queries that a proof relies on as SMT-LIB 2.6 scripts: what any other solver can be asked.

A query is ground: what is known of the constants and the page size, what a path of the action
decided, the opposite of what must follow, and instances of the facts about the state before. It is
written as it was stated, before Z3 rewrites it, and says of itself that it is unsatisfiable.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import z3

from proofs.prover import LENGTHS, Prover, Result
from spec.machine.rules import Rules

LINEAR = "QF_UFDTLIA"
NONLINEAR = "QF_NIA"
"""The logic of the lemmas about lengths; everything else is linear."""

_DECLARED = re.compile(r"^\(declare-fun (\|[^|]*\||\S+) ", re.MULTILINE)


@dataclass(frozen=True)
class Script:
    """One query of a proof."""

    action: str
    name: str  # of the property
    number: int  # from 1
    of: int
    text: str

    @property
    def path(self) -> PurePosixPath:
        """Where the script is saved, under a folder for all of them."""
        name = as_file_name(self.name)
        if self.of > 1:
            name += f"-{self.number:0{len(str(self.of))}}"
        return PurePosixPath(self.action, f"{name}.smt2")


class Scribe:
    """Proves the obligations of one spec text, and writes down the queries that proofs rely on."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._queries: list[Sequence[Any]] = []  # of the proof under way
        self._prover = Prover(rules, self._queries.append)

    def prove(self, action: str, name: str) -> tuple[Result, list[Script]]:
        """Return what became of an obligation and, if it is proved, all queries of the proof."""
        self._queries.clear()
        result = self._prover.prove(action, name)
        queries = self._queries if result.verdict == "proved" else []
        logic = NONLINEAR if action == LENGTHS else LINEAR
        scripts = []
        for number, query in enumerate(queries, start=1):
            title = f"{result}, query {number} of {len(queries)}"
            text = script_of(query, logic, title, self._words(name))
            scripts.append(Script(action, name, number, len(queries), text))
        return result, scripts

    def _words(self, name: str) -> str:
        """Return a property in words; what is no rule is called by its sentence."""
        rule = {**self._rules.invariants, **self._rules.changes}.get(name)
        return rule.words if rule else name


def script_of(assertions: Sequence[Any], logic: str, title: str, words: str) -> str:
    """Return the script that asks whether all `assertions` can be true together.

    Raises ValueError where two symbols have one name: Z3 tells them apart, SMT-LIB does not.
    """
    *others, last = [assertion.as_ast() for assertion in assertions]
    comment = "\n; ".join([title, *words.splitlines()])
    body = z3.Z3_benchmark_to_smtlib_string(
        z3.main_ctx().ref(), comment, logic, "unsat", "", len(others),
        (z3.Ast * len(others))(*others), last,
    )  # fmt: skip
    declared = Counter(_DECLARED.findall(body))
    if twice := [name for name, times in declared.items() if times > 1]:
        raise ValueError(f"{title}: {', '.join(twice)} is the name of two symbols")
    return f"(set-info :smt-lib-version 2.6)\n{body}"


def as_file_name(sentence: str) -> str:
    """Return a sentence without what file systems do not like."""
    return re.sub(r"\W+", "_", sentence)
