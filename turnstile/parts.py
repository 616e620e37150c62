"""The parts of a report: proofs, worlds, cases, lockstep, each with its own figures."""

from __future__ import annotations

from dataclasses import dataclass, field

from stateful_tests.fuzz import RUN_LENGTH
from turnstile.report import Part, Verdict

FAILED = ("refuted", "unknown")
"""What an obligation must not be."""

NAMED = 3
"""Missing cases that a line names."""


@dataclass(frozen=True)
class Obligation:
    """What became of one obligation."""

    action: str
    property: str
    verdict: str = "not run"  # then proved, refuted or unknown
    seconds: float = 0.0
    queries: int = 0
    counterexample: str = ""


@dataclass(kw_only=True)
class Proofs(Part):
    """Every obligation of the spec text, for worlds of every size."""

    check: str = "proofs, every size"
    results: list[Obligation]  # each `not run` until it is

    @property
    def num_proved(self) -> int:
        """How many obligations are proved."""
        return sum(result.verdict == "proved" for result in self.results)

    @property
    def figures(self) -> str:
        """How many of how many, in how many solver queries."""
        queries = sum(result.queries for result in self.results)
        return (
            f"{self.num_proved:,} of {len(self.results):,} obligations proved, {queries:,} queries"
        )


@dataclass(kw_only=True)
class ExploredWorld(Part):
    """Every reachable state of one small world."""

    sizes: dict[str, int]
    states: int = 0
    transitions: int = 0
    depth: int = 0
    complete: bool = False
    taken: dict[str, int] = field(default_factory=dict)
    no_room: dict[str, int] = field(default_factory=dict)
    violation: str = ""

    @property
    def figures(self) -> str:
        """How far it was explored, and whether that is all of it."""
        extent = "all of it" if self.complete else "not all of it"
        counts = f"{self.states:,} states, {self.transitions:,} transitions, depth {self.depth}"
        return f"{counts}, {extent}" + (f"; violates {self.violation}" if self.violation else "")


@dataclass(frozen=True)
class Case:
    """An interesting situation that must be reachable, and the shortest trace to it, if found."""

    name: str
    action: str
    words: str
    world: str = ""
    trace: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Cases(Part):
    """Every `sometimes` of the spec text, over all explored worlds."""

    check: str = "cases reached"
    cases: list[Case] = field(default_factory=list)

    @property
    def figures(self) -> str:
        """How many of how many, how far away, and which are missing."""
        lengths = [len(case.trace) for case in self.cases if case.trace]
        missing = [case.name for case in self.cases if not case.trace]
        words = f"{len(lengths)} of {len(self.cases)} cases reached"
        if lengths:
            words += f", by {min(lengths)} to {max(lengths)} actions"
        is_all = self.verdict == Verdict.FAILED
        if not missing or not is_all:
            return words
        more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        return f"{words}; never {', '.join(missing[:NAMED])}{more}"


@dataclass(kw_only=True)
class LockstepRuns(Part):
    """Drawn runs of spec and engine side by side."""

    check: str = "lockstep, drawn"
    engine: str
    device: str
    seed: int
    runs: int = 0
    run_length: int = RUN_LENGTH
    actions: dict[str, int] = field(default_factory=dict)
    moves: dict[str, int] = field(default_factory=dict)  # made by the engine's scheduler, too
    difference: str = ""

    @property
    def figures(self) -> str:
        """How much was performed, how fast, and what differed."""
        total = sum(self.actions.values())
        speed = total / self.seconds if self.seconds else 0.0
        words = (
            f"{total:,} actions in {self.runs:,} runs of {self.run_length}, {speed:,.0f} a second"
        )
        return words + (f"; {self.difference.splitlines()[0]}" if self.difference else "")
