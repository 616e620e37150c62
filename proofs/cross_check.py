"""Does a second solver agree? Every query that a proof relies on is put to cvc5 as well.

cvc5 reads the scripts of `smtlib` with a parser of its own and decides them with procedures of its
own. So a wrong `unsat` of Z3 would be seen: in the queries of an obligation (the state before, the
path, the opposite of the goal, instances of facts), and in the smaller ones that settle by how much
a loop changes a sum.

It would not be seen if both solvers were handed the wrong thing: by the translation of the spec
text into formulas, which `conformance` holds against the spec text as it is executed, by Z3's
`simplify` and `substitute`, with which formulas are built, or by the printer of the scripts. Which
instances are in a query needs no second look: each follows from a fact, so the wrong ones, or too
few, can lose a proof but never forge one. And where an action writes nothing that a property speaks
of, no solver is asked at all; such an obligation is counted apart.
"""

from __future__ import annotations

import importlib.util
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from proofs.prover import Result
from proofs.smtlib import Scribe, Script
from spec.machine.rules import Rules

Solver = Callable[[str], str]
"""Answers a script: unsat, sat or unknown."""


class Verdict(StrEnum):
    """What two solvers say of one obligation."""

    BOTH = "proved by both"
    NO_QUERY = "no query"
    UNKNOWN = "unknown"
    DISAGREE = "DISAGREE"
    UNPROVED = "not proved"  # by Z3: there is nothing to compare


@dataclass(frozen=True)
class CrossChecked:
    """One obligation, and what the second solver says of the queries of its proof."""

    result: Result
    answers: Counter[str]
    doubtful: tuple[tuple[Script, str], ...]  # what is not `unsat`, with the answer
    seconds: float  # the second solver's

    @property
    def verdict(self) -> Verdict:
        """`sat` once is a disagreement, whatever the other answers are."""
        if self.result.verdict != "proved":
            return Verdict.UNPROVED
        if not self.answers:
            return Verdict.NO_QUERY
        if self.answers["sat"]:
            return Verdict.DISAGREE
        return Verdict.UNKNOWN if self.answers["unknown"] else Verdict.BOTH


def cross_check(
    rules: Rules, obligations: Iterable[tuple[str, str]], solver: Solver
) -> Iterator[CrossChecked]:
    """Prove each obligation with Z3 and put the queries of its proof to `solver`."""
    scribe = Scribe(rules)
    for action, name in obligations:
        result, scripts = scribe.prove(action, name)
        started = time.perf_counter()
        answers = [(script, solver(script.text)) for script in scripts]
        seconds = time.perf_counter() - started
        doubtful = tuple(each for each in answers if each[1] != "unsat")
        yield CrossChecked(result, Counter(answer for _, answer in answers), doubtful, seconds)


def sample(obligations: Iterable[tuple[str, str]], one_in: int) -> list[tuple[str, str]]:
    """Return about one in so many obligations: the same ones, also when others come or go."""
    return [each for each in obligations if zlib.crc32(": ".join(each).encode()) % one_in == 0]


def has_cvc5() -> bool:
    """Whether cvc5 is installed; it is optional."""
    return importlib.util.find_spec("cvc5") is not None


def ask_cvc5(script: str, seconds: float) -> str:
    """Return cvc5's answer to the one `check-sat` of `script`: `unknown` when its time is over.

    Raises RuntimeError where cvc5 does not accept the script as SMT-LIB 2.6.
    """
    import cvc5  # noqa: PLC0415 - optional, and loaded only if asked for

    terms = cvc5.TermManager()
    solver, symbols = cvc5.Solver(terms), cvc5.SymbolManager(terms)
    solver.setOption("tlimit-per", str(max(1, round(1000 * seconds))))
    solver.setOption("parsing-mode", "strict")
    parser = cvc5.InputParser(solver, symbols)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "query")
    printed = ""
    while not (command := parser.nextCommand()).isNull():
        if command.getCommandName() != "set-info":  # a status to expect makes an error of others
            printed += command.invoke(solver, symbols)
    answer = printed.strip()
    if answer in ("unsat", "sat"):
        return answer
    if answer.startswith("unknown"):  # a reason follows
        return "unknown"
    raise RuntimeError(f"cvc5 has no answer, but says: {answer}")
