"""A finding: one cause, by which names the lockstep tells it, and where it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path

from spec.machine.trace import Trace, load
from stateful_tests.difference import Difference


@dataclass(frozen=True)
class Finding(ABC):
    """What is wrong with some engines, in one sentence, and what a user would see of it."""

    id: str
    title: str
    symptom: str
    checks: tuple[str, ...]  # names, or how names begin, by which the lockstep tells it
    where: str  # file and line of the cause
    bug: str = field(default="", kw_only=True)  # its number in the list of known bugs

    @property
    @abstractmethod
    def traces(self) -> Path:
        """The folder that has its minimal trace."""

    @property
    def trace(self) -> Trace:
        """What shows it, in as few actions as can be."""
        return load(self.traces / f"{self.id}.jsonl")

    def explains(self, difference: Difference) -> bool:
        """Whether a difference may be this finding's."""
        return difference.check.startswith(self.checks)
