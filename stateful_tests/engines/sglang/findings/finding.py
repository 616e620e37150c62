"""A finding in releases: which ones have it, and what leads to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stateful_tests.engines import finding
from stateful_tests.engines.sglang.releases import RELEASES
from stateful_tests.lockstep import Avoid

TRACES = Path(__file__).parent / "traces"
"""The minimal trace of each finding, replayed on every release."""


@dataclass(frozen=True)
class Finding(finding.Finding):
    """What is wrong with releases; `where` is a release, a file below sglang/srt, and a line."""

    first: str  # release that has it
    last: str  # release that has it, of those that are hosted
    avoided: Avoid  # what not to draw, so as to find what else there is

    @property
    def traces(self) -> Path:
        """The folder that has its minimal trace."""
        return TRACES

    @property
    def releases(self) -> tuple[str, ...]:
        """Those that have it."""
        known = tuple(RELEASES)
        return known[known.index(self.first) : known.index(self.last) + 1]
