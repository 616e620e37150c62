"""The parts of a report: proofs, worlds, cases, lockstep, each with its own figures."""

from __future__ import annotations

from dataclasses import dataclass, field

from stateful_tests.fuzz import Drawn
from turnstile.covered import Covered
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
    abstract: int = 0  # transitions, told apart by their facts
    violation: str = ""

    @property
    def figures(self) -> str:
        """How far it was explored, and whether that is all of it."""
        extent = "all of it" if self.complete else "not all of it"
        counts = f"{self.states:,} states, {self.transitions:,} transitions, depth {self.depth}"
        counts += f", {self.abstract:,} abstract transitions"
        return f"{counts}, {extent}" + (f"; violates {self.violation}" if self.violation else "")


@dataclass(kw_only=True)
class ComesToRest(Part):
    """Every state of one small world, and the moves that lead from it to rest."""

    sizes: dict[str, int]
    states: int = 0
    most_moves: int = 0
    wedged: tuple[str, ...] = ()  # the shortest trace to a state that cannot come to rest

    @property
    def figures(self) -> str:
        """From how many states, and within how many moves; it is bounded to this world."""
        if self.verdict == Verdict.FAILED:
            return f"a state after {len(self.wedged)} actions cannot come to rest"
        if self.verdict != Verdict.OK:
            return f"{self.states:,} states so far"
        return (
            f"from each of {self.states:,} states at most {self.most_moves} moves to rest "
            "(bounded: this world)"
        )


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
    run_length: int = Drawn.length
    actions: dict[str, int] = field(default_factory=dict)
    moves: dict[str, int] = field(default_factory=dict)  # made by the engine's scheduler, too
    coverage: Covered | None = None
    difference: str = ""

    @property
    def figures(self) -> str:
        """How much was performed, how fast, and what differed."""
        total = sum(self.actions.values())
        speed = total / self.seconds if self.seconds else 0.0
        words = (
            f"{total:,} actions in {self.runs:,} runs of {self.run_length}, {speed:,.0f} a second"
        )
        words += f"; {self.coverage.figures}" if self.coverage else ""
        return words + (f"; {self.difference.splitlines()[0]}" if self.difference else "")

    @property
    def columns(self) -> dict[str, dict[str, int]]:
        """What was counted by action, for a table."""
        counts = {"drawn": self.actions, "moves made": self.moves}
        return counts | (self.coverage.columns() if self.coverage else {})
