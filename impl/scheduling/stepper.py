"""One step of the engine. Answers: in which order, and what if room is short or a pass fails?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from impl.failure import Failure, ForwardFailed
from impl.moves import Move
from impl.scheduling.mechanism import COMPUTED, Mechanism
from impl.scheduling.scheduler import Scheduler
from impl.scheduling.work import Work

T = TypeVar("T")


class Stepper:
    """Lets the mechanism do what the scheduler chooses."""

    def __init__(self, scheduler: Scheduler, mechanism: Mechanism) -> None:
        """Step through turns that both know."""
        self.scheduler = scheduler
        self.mechanism = mechanism
        self.queues = mechanism.queues
        self.cache = mechanism.cache
        self.launcher = mechanism.launcher

    def step(self) -> None:
        """End what must end, admit, make room, launch, read, finish: one forward pass for all."""
        self.launcher.step += 1
        self._perform(self.scheduler.aborts())
        self._perform(self.scheduler.closes())
        self._perform(self.scheduler.admissions())
        self._launch(self._reserved_work())
        self._perform(self.scheduler.collects(self.launcher.step))
        self._perform(self.scheduler.publishes())
        self._perform(self.scheduler.finishes())
        for turn in list(self.queues.running):
            self._perform(self.scheduler.slides(turn))
        self._perform(self.scheduler.closes())

    def fail(self, turn_id: int, failure: Failure) -> None:
        """End a running turn that cannot be computed: wipe the KV, keep the tokens, tell why."""
        self.mechanism.fail(turn_id, failure)
        _, turn, _ = self.queues.is_running(turn_id)
        self.mechanism.apply(self.scheduler.abort(turn))

    def _perform(self, moves: Iterable[Move]) -> None:
        for move in moves:
            if failure := self._failure(self.mechanism.apply, move):
                self.fail(int(str(move.args[0])), failure)

    def _failure(self, make: Callable[[T], object], what: T) -> Failure | None:
        """Make a move or several; return what went wrong.

        The exception is let go before anyone goes on: it holds the failed pass's memory.
        """
        try:
            make(what)
        except ForwardFailed as failed:
            return failed.failure
        return None

    def _launch(self, work: list[Work]) -> None:
        """Compute in one forward pass what yields one token each; each guess needs its own.

        Where a batch fails, nothing of it counts, and each of its turns is computed alone: one that
        is poisoned, or too large together with others, takes nobody down.
        """
        moves = [item.move for item in work]
        batch = [move for move in moves if move.name in COMPUTED]
        others = [move for move in moves if move.name not in COMPUTED]
        is_launched = len(batch) > 1 and not self._failure(self.mechanism.launch, batch)
        self._perform(others if is_launched else [*batch, *others])

    def _reserved_work(self) -> list[Work]:
        """Return what to compute, with room for each; room is made until there is."""
        work = self.scheduler.work()
        while lacking := self._lacking(work):
            missing = self.cache.num_new_pages(lacking.turn.record, lacking.end)
            self._perform(self.scheduler.room(missing))
            work = self.scheduler.work()
        return work

    def _lacking(self, work: list[Work]) -> Work | None:
        """Reserve for all of `work`, or for what comes before the first that there is no room for.

        Return that one, or None.
        """
        short = [item for item in work if item.allocated < item.end]
        if self.mechanism.reserve_all([(item.turn.id, item.end) for item in short]):
            return None
        return next((item for item in short if not self.mechanism.apply(item.reserve)), None)
