"""Path forking: a function of symbolic values is run once for each way its conditions can turn out.

A condition asks `Forks.decide` how it turns out; the answers taken make up the path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import z3

from proofs.logic import Fact, NotInTheLanguage, conjunction, implication, negation
from proofs.loops import Loop
from spec.language import Broken, Forbidden, NoRoom

MOST_PATHS = 1000


@dataclass(frozen=True)
class Check:
    """Something that must follow from what a path knew when the check came up."""

    name: str
    given: tuple[z3.BoolRef, ...]
    facts: tuple[Fact, ...]
    goal: z3.BoolRef


@dataclass(frozen=True)
class Write:
    """What was written: a cell, or in a loop the cells of all its iterations."""

    name: str
    sorts: tuple[Any, ...]  # of the keys
    keys: tuple[Any, ...]
    loop: Loop | None
    variables: tuple[Any, ...]
    hits: z3.BoolRef  # over the variables: which cells


@dataclass
class Path:
    """One run: what was decided and assumed on the way, and what must be checked."""

    script: list[bool] = field(default_factory=list)  # how each open condition turns out
    position: int = 0
    serial: int = 0  # fresh names taken so far
    decided: list[z3.BoolRef] = field(default_factory=list)
    assumed: list[z3.BoolRef] = field(default_factory=list)  # what chosen identities satisfy
    facts: list[Fact] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    choices: list[Any] = field(default_factory=list)  # what the implementation chose, in order
    writes: list[Write] = field(default_factory=list)  # to maps, in order

    @property
    def given(self) -> tuple[z3.BoolRef, ...]:
        """All that is known without instantiating a fact."""
        return (*self.decided, *self.assumed)

    def branch(self) -> bool:
        """Take the next open condition's turn from the script; a new one is tried as true first."""
        if self.position == len(self.script):
            self.script.append(True)
        self.position += 1
        return self.script[self.position - 1]


class Forks:
    """The runs under way, the outermost first: forks inside a formula are merged back into it."""

    def __init__(self) -> None:
        self._open: list[Path] = []
        self.loop: Loop | None = None
        self.reads: set[str] = set()  # maps, since whoever asks emptied it

    @property
    def path(self) -> Path:
        """The innermost run."""
        return self._open[-1]

    @property
    def is_outermost(self) -> bool:
        """Whether what happens now happens in a rule, not inside a formula that it states."""
        return len(self._open) == 1

    def fresh(self, name: str) -> str:
        """Return a name that nothing else on the path has."""
        self._open[0].serial += 1
        return f"{name}!{self._open[0].serial}"

    def known(self, condition: z3.BoolRef) -> bool | None:
        """Return how the paths under way decide `condition`, or None."""
        if z3.is_true(condition) or z3.is_false(condition):
            return bool(z3.is_true(condition))
        opposite = negation(condition)
        for path in self._open:
            for decided in path.decided:
                if decided.eq(condition):
                    return True
                if decided.eq(opposite):
                    return False
        return None

    def decide(self, condition: z3.BoolRef) -> bool:
        """Return how `condition` turns out on this path."""
        condition = z3.simplify(condition)
        known = self.known(condition)
        if known is not None:
            return known
        self._must_be_straight()
        holds = self.path.branch()
        self.path.decided.append(condition if holds else negation(condition))
        return holds

    def decide_for_all(self, fact: Fact, counterexample: Callable[[], z3.BoolRef]) -> bool:
        """Return whether `fact` holds on this path; where not, a fresh counterexample says so."""
        self._must_be_straight()
        said = z3.Bool(self.fresh("holds"))
        holds = self.path.branch()
        self.path.decided.append(said if holds else z3.Not(said))
        if holds:
            self.path.facts.append(fact)
        else:
            self.path.assumed.append(counterexample())
        return holds

    def _must_be_straight(self) -> None:
        if self.loop:
            raise NotInTheLanguage("no `if` inside a span loop")

    def check(self, name: str, goal: z3.BoolRef) -> None:
        """Note that `goal` must follow from what the path knows here."""
        path = self.path
        given = (*path.given, self.loop.guard) if self.loop else path.given
        path.checks.append(Check(name, given, tuple(path.facts), goal))

    def runs(self, body: Callable[[], Any]) -> Iterator[tuple[Path, Any]]:
        """Generate every path of `body` with its result, or what it raised."""
        script: list[bool] = []
        for _ in range(MOST_PATHS):
            path = Path(script)
            yield path, self._run(path, body)
            assert path.position == len(script), "a rule is not a function of its arguments"
            while script and not script[-1]:
                script.pop()
            if not script:
                return
            script[-1] = False
        raise NotInTheLanguage(f"more than {MOST_PATHS} paths: does a `while` wait for a state?")

    def _run(self, path: Path, body: Callable[[], Any]) -> Any:
        self._open.append(path)
        try:
            return body()
        except (Forbidden, NoRoom, Broken) as outcome:
            return outcome
        finally:
            self._open.pop()

    def merged(self, body: Callable[[], z3.BoolRef], as_goal: bool = False) -> z3.BoolRef:
        """Return the formula that `body` comes to, its forks merged back.

        A goal may say `forall`: it is then stated of fresh constants, which is as hard to prove.
        """
        cases = []
        for path, result in self.runs(body):
            if isinstance(result, Exception):
                raise NotInTheLanguage("a formula neither requires nor ensures") from result
            if path.facts and not as_goal:
                raise NotInTheLanguage("a forall inside a formula: give the rule a parameter")
            cases.append(implication(path.given, result))
        return z3.simplify(conjunction(cases))

    def merged_number(self, body: Callable[[], Any]) -> Any:
        """Return the integer term that `body` comes to, its forks merged back."""
        cases = []
        for path, result in self.runs(body):
            if isinstance(result, Exception) or path.facts:
                raise NotInTheLanguage("a number neither requires nor ensures, nor says forall")
            cases.append((conjunction(path.given), result))
        term = cases[-1][1]
        for given, result in reversed(cases[:-1]):
            term = z3.If(given, result, term)
        return z3.simplify(term)

    @contextmanager
    def under(self, path: Path) -> Iterator[None]:
        """State formulas at the end of a finished `path`, which then decides what it knows."""
        self._open.append(replace(path))
        try:
            yield
        finally:
            self._open.pop()
