"""What a verification found, as data: every figure that tables, HTML and report.json show.

A part's verdict is `not run` at first, and `interrupted` if it ends before anyone judged it, so the
report is valid whenever Ctrl-C comes.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

VERSION = 1


class Verdict(StrEnum):
    """How a part of the verification ended."""

    OK = "ok"
    FAILED = "failed"
    RUNNING = "running"
    INTERRUPTED = "interrupted"
    NOT_RUN = "not run"


BAD_INPUT = 2
INTERRUPTED = 130  # as a shell reports a program that Ctrl-C ended


@dataclass(kw_only=True)
class Part:
    """One row of the summary: what was checked, how long it took, and how it ended."""

    check: str
    verdict: Verdict = Verdict.NOT_RUN
    seconds: float = 0.0
    trace_file: str = ""  # the failing trace, under the report's folder

    @property
    def figures(self) -> str:
        """What was counted, in a line."""
        raise NotImplementedError

    @property
    def told(self) -> str:
        """The figures, if there are any."""
        return "" if self.verdict == Verdict.NOT_RUN else self.figures

    @contextmanager
    def running(self) -> Iterator[None]:
        """Measure the time; call the part interrupted if it is left without a judgement."""
        self.verdict = Verdict.RUNNING
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds = time.perf_counter() - started
            if self.verdict == Verdict.RUNNING:
                self.verdict = Verdict.INTERRUPTED

    def judge(self, *, good: bool) -> None:
        """End the part."""
        self.verdict = Verdict.OK if good else Verdict.FAILED


def exit_code(parts: Iterable[Part]) -> int:
    """Return 0 if every part is good, 130 if one did not come to its end, otherwise 1."""
    verdicts = {part.verdict for part in parts}
    if verdicts & {Verdict.INTERRUPTED, Verdict.NOT_RUN}:
        return INTERRUPTED
    return int(Verdict.FAILED in verdicts)


@dataclass(frozen=True)
class About:
    """What is needed to repeat a run: the text that was verified, the seed, the versions."""

    command: str
    started: str  # ISO 8601, UTC
    commit: str
    seed: int
    device: str
    versions: dict[str, str]


@dataclass
class Report:
    """One verification: its parts, in the order in which they run."""

    about: About
    parts: list[Part] = field(default_factory=list)
    seconds: float = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Measure the time of all parts together."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds = time.perf_counter() - started

    @property
    def verdict(self) -> Verdict:
        """Failed if any part failed, otherwise the first verdict that is not ok, if any."""
        verdicts = [part.verdict for part in self.parts]
        if Verdict.FAILED in verdicts:
            return Verdict.FAILED
        return next((each for each in verdicts if each != Verdict.OK), Verdict.OK)

    def data(self) -> dict[str, Any]:
        """Return what report.json holds; each part says with `kind` which fields it has."""
        return {
            "turnstile_report": VERSION,
            "verdict": self.verdict,
            "seconds": self.seconds,
            **asdict(self.about),
            "parts": [
                {"kind": type(part).__name__, "figures": part.told, **asdict(part)}
                for part in self.parts
            ],
        }
