"""Ratios over all points. Answers: is ours as much quicker as it is meant to be?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.bookkeeping.race import OURS, Result

TARGET = 2.0
"""How many times quicker than a release, at the median of all points,"""

LEAST = 1.0
"""and at each of them."""


@dataclass(frozen=True)
class Verdict:
    """Ours against one release."""

    release: str
    median: float
    worst: Result

    @property
    def least(self) -> float:
        """Return the smallest ratio."""
        return self.worst.ratio(self.release)

    @property
    def is_met(self) -> bool:
        """Tell whether the target is met."""
        return self.median >= TARGET and self.least >= LEAST


def verdicts(results: Sequence[Result]) -> list[Verdict]:
    """Return the verdict on each release that took part in all of these results."""
    releases = results[0].releases if results else []
    return [
        Verdict(
            release,
            median(result.ratio(release) for result in results),
            min(results, key=lambda result: result.ratio(release)),
        )
        for release in releases
    ]


def growth(results: Sequence[Result], engine: str = OURS) -> float | None:
    """Return by what factor a turn costs more at the longest context than at the shortest.

    The median over points that differ in nothing else; None without such points.
    """
    by_context = {(r.point.context, *_but_context(r)): r.total(engine) for r in results}
    shortest = min(key[0] for key in by_context)
    factors = []
    for rest in {key[1:] for key in by_context}:
        longest = max(key[0] for key in by_context if key[1:] == rest)
        if longest > shortest and (shortest, *rest) in by_context:
            factors.append(by_context[longest, *rest] / by_context[shortest, *rest])
    return median(factors) if factors else None


def _but_context(result: Result) -> tuple[int, ...]:
    point = result.point
    return point.sessions, point.together, point.page_size, point.new, point.output
