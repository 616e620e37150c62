"""How many mutants are killed, of all that should be: equivalent and invalid ones are left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from proofs.mutants.mutant import Outcome, Verdict


@dataclass
class Score:
    """Counts of verdicts, and of what killed."""

    verdicts: Counter[Verdict] = field(default_factory=Counter)
    killers: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> Score:
        """Count outcomes."""
        score = cls()
        for outcome in outcomes:
            score.verdicts[outcome.verdict] += 1
            if outcome.killer:
                score.killers[outcome.killer] += 1
        return score

    @property
    def killed(self) -> int:
        """How many are killed."""
        return self.verdicts[Verdict.KILLED]

    @property
    def total(self) -> int:
        """How many should be: all that were run, but for invalid and equivalent ones."""
        return self.killed + self.verdicts[Verdict.SURVIVED]

    def __str__(self) -> str:
        """Say it as a fraction and in percent."""
        share = f" ({100 * self.killed / self.total:.1f} %)" if self.total else ""
        return f"{self.killed:,} of {self.total:,} killed{share}"
