"""Runs a release's endless scheduling loop one iteration at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from stateful_tests.engines.sglang.host.world import World


class Pause(BaseException):
    """Leaves the release's endless loop where it would fetch the next requests."""


class OneIteration:
    """What each hosted scheduler has beside the release's own.

    The loop is left when it fetches requests for a second time, and entered again for the next
    iteration: all that it keeps in between is in attributes.
    """

    world: World
    event_loop_normal: Any
    event_loop_overlap: Any

    def __init__(self) -> None:
        self._fetched = False
        self._results: deque[Any] = deque()

    def iterate(self) -> None:
        """Run one iteration of the loop that this world asks for."""
        self._fetched = False
        loop = self.event_loop_overlap if self.world.overlap else self.event_loop_normal
        try:
            loop()
        except Pause:
            return
        raise AssertionError("the release's loop ended of its own accord")

    def fetch(self, local_reqs: Sequence[Any] = ()) -> Sequence[Any]:
        """Return the scheduler's own requests: clients' were handed over before.

        Leave the loop when asked again.
        """
        if self._fetched:
            raise Pause
        self._fetched = True
        return list(local_reqs)

    @property
    def result_queue(self) -> deque[Any]:
        """Batches whose results are not read yet: kept when the overlap loop is entered again."""
        return self._results

    @result_queue.setter
    def result_queue(self, _empty: deque[Any]) -> None:
        """Keep the queue: the loop makes a new one whenever it is entered."""
