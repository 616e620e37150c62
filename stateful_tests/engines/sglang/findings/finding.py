"""A finding: one cause, by which names the lockstep tells it, and what leads to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from spec.machine.trace import Trace, load
from stateful_tests.difference import Difference
from stateful_tests.engines.sglang.releases import RELEASES
from stateful_tests.lockstep import Avoid

TRACES = Path(__file__).parent / "traces"
"""The minimal trace of each finding, replayed on every release."""


@dataclass(frozen=True)
class Finding:
    """What is wrong with some releases, in one sentence, and what a user would see of it."""

    id: str
    title: str
    symptom: str
    checks: tuple[str, ...]  # names, or how names begin, by which the lockstep tells it
    where: str  # release, file below sglang/srt and line of the cause
    first: str  # release that has it
    last: str  # release that has it, of those that are hosted
    avoided: Avoid  # what not to draw, so as to find what else there is
    bug: str = ""  # its number in the list of known bugs

    @property
    def releases(self) -> tuple[str, ...]:
        """Those that have it."""
        known = tuple(RELEASES)
        return known[known.index(self.first) : known.index(self.last) + 1]

    @property
    def trace(self) -> Trace:
        """What shows it, in as few actions as can be."""
        return load(TRACES / f"{self.id}.jsonl")

    def explains(self, difference: Difference) -> bool:
        """Whether a difference may be this finding's."""
        return difference.check.startswith(self.checks)
