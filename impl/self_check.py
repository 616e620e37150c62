"""What the engine checks of itself while it serves. Answers: what led to what went wrong?

Users of streaming sessions have met "memory leak detected" and a sum that does not add up, long
after the cause. Here a failed check carries the last requests and moves.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from impl.moves import Move

REMEMBERED = 50
"""Requests and moves that are told with a failed check."""


class CheckFailed(AssertionError):  # noqa: N818 - says what happened, like Refused
    """A mistake of the engine: which law is broken, with the values, and the last actions."""


class SelfCheck:
    """Checks the sums after each step, and every structure when nothing is left to do."""

    def __init__(
        self, sums: Callable[[], None], structures: Callable[[], None], is_idle: Callable[[], bool]
    ) -> None:
        """Check by `sums` and `structures`, which raise AssertionError."""
        self._sums, self._structures, self._is_idle = sums, structures, is_idle
        self._was_idle = True
        self._last: deque[Move] = deque(maxlen=REMEMBERED)

    def remember(self, actions: Iterable[Move]) -> None:
        """Keep requests and moves that have happened; the oldest are forgotten."""
        self._last.extend(actions)

    @contextmanager
    def step(self) -> Iterator[None]:
        """Check what a step leaves behind, and tell what led to it where an assertion fails."""
        try:
            yield
            self._sums()
            if (is_idle := self._is_idle()) and not self._was_idle:
                self._structures()
            self._was_idle = is_idle
        except AssertionError as error:
            told = "\n  ".join(map(_shown, self._last))
            raise CheckFailed(f"{error}\nThe last actions, oldest first:\n  {told}") from error


def _shown(action: Move) -> str:
    """Return an action as a call; of many tokens only how many they are."""
    args = (f"{len(x)} tokens" if isinstance(x, array) else x for x in action.args)
    return f"{action.name}({', '.join(map(str, args))})"
