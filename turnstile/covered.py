"""How much of what small worlds reach was covered by drawn runs, for a report."""

from __future__ import annotations

from dataclasses import dataclass

from stateful_tests.coverage.coverage import Coverage, by_action

NAMED = 5
"""Missed transitions that a command prints."""


@dataclass(frozen=True)
class Covered:
    """Abstract transitions: how many by action, and in words those missed and those beyond."""

    covered: dict[str, int]
    reachable: dict[str, int]
    missed: list[str]
    beyond: list[str]

    @classmethod
    def of(cls, coverage: Coverage) -> Covered:
        """Return the figures of a coverage as it is now."""
        return cls(
            by_action(coverage.covered),
            by_action(coverage.reachable),
            [str(each) for each in coverage.missed],
            [str(each) for each in coverage.beyond],
        )

    @property
    def figures(self) -> str:
        """How many of how many, and how many that no small world reaches."""
        num, most = sum(self.covered.values()), sum(self.reachable.values())
        share = f"({num / most:.0%})" if most else ""
        beyond = f"beyond the small worlds: {len(self.beyond):,}"
        return f"covered {num:,} of {most:,} reachable abstract transitions {share}, {beyond}"

    @property
    def some_missed(self) -> list[str]:
        """A few of those missed, of different actions."""
        return self.missed[:: -(-len(self.missed) // NAMED) or 1]

    def columns(self) -> dict[str, dict[str, int]]:
        """Return the columns of a table by action."""
        return {"covered": self.covered, "reachable": self.reachable}
