"""What of the reachable abstract transitions a run has covered, and what it has seen beyond."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

from spec.machine.abstract import Abstract, abstracted
from spec.machine.concrete import ConcreteState
from spec.machine.trace import Step
from stateful_tests.coverage.reachable import load


class Coverage:
    """Counts the abstract transitions that it is told of."""

    def __init__(self, reachable: Collection[Abstract] | None = None) -> None:
        self.reachable = frozenset(load() if reachable is None else reachable)
        self.seen: Counter[Abstract] = Counter()

    def saw(self, state: ConcreteState, step: Step, answer: Any) -> None:
        """Count an action that is answered like this in `state`."""
        self.seen[abstracted(state, step, answer)] += 1

    @property
    def covered(self) -> list[Abstract]:
        """What was to be seen, and was."""
        return sorted(self.reachable & self.seen.keys())

    @property
    def missed(self) -> list[Abstract]:
        """What was to be seen, and was not."""
        return sorted(self.reachable - self.seen.keys())

    @property
    def beyond(self) -> list[Abstract]:
        """What was seen though no small world reaches it."""
        return sorted(self.seen.keys() - self.reachable)


def by_action(transitions: Iterable[Abstract]) -> dict[str, int]:
    """Return how many there are of each action."""
    return dict(Counter(each.action for each in transitions))
