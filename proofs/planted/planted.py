"""A bug that can be put into the spec text on purpose."""

from __future__ import annotations

from dataclasses import dataclass

from spec.machine.rules import Rules
from spec.machine.variant import Edit, variant


@dataclass(frozen=True)
class Planted:
    """A bug: its story, the edits that bring it back, and the obligations that must then fail."""

    number: str
    story: str
    edits: tuple[Edit, ...]
    fails: tuple[tuple[str, str], ...]  # action and property; the first one tells it best
    shows: tuple[str, ...]  # what the counterexample to the first one says
    world: str = "two-sessions"  # where a run from the start leads to it

    @property
    def rules(self) -> Rules:
        """The spec text with this bug."""
        return variant(*self.edits)
