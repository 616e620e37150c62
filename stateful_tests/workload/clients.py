"""The clients of all sessions. Answers: which requests come at this step?

A client submits a turn when its time has come and the one before has ended, however it ended; it
may abort it some steps later; it closes the session after the last one. A session is let in only
while fewer than `most_open` are open, so that each finds a row: others wait outside, in order.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator

from spec.machine.trace import Step
from spec.state import Edit
from stateful_tests.engines.engine import Ended
from stateful_tests.workload.asks import Ask


class Clients:
    """What is still to be asked, and what is in flight."""

    def __init__(self, asks: list[list[Ask]], most_open: int) -> None:
        self.most_open = most_open
        self.open: set[int] = set()
        self.peak_open = 0
        self.num_late_aborts = 0  # that came when their turn had ended
        self._later = [session[:0:-1] for session in asks]  # asks after the next one, last first
        self._next = [(session[0].step, session[0].turn, session[0]) for session in asks]
        heapq.heapify(self._next)  # the next ask of each session that has no turn in flight
        self._outside: deque[Ask] = deque()
        self._in_flight: dict[int, Ask] = {}
        self._aborts: list[tuple[float, int]] = []  # a heap: step, turn
        self._to_close: list[int] = []
        self._hung_up: set[int] = set()  # sessions that were closed under their turn in flight

    @property
    def next_step(self) -> float | None:
        """The step at which the next turn is due, or None: no turn is left to submit."""
        return self._next[0][0] if self._next else None

    @property
    def are_done(self) -> bool:
        """Everything was asked, and every session is closed."""
        return not (self._next or self._outside or self.open)

    def requests(self, now: int) -> Iterator[Step]:
        """Generate the requests of step `now`; each is made before the next is asked for."""
        yield from self._closes()
        while self._outside and len(self.open) < self.most_open:
            yield from self._submit(self._outside.popleft(), now)
        while self._next and self._next[0][0] <= now:
            ask = heapq.heappop(self._next)[-1]
            if ask.session in self.open or len(self.open) < self.most_open:
                yield from self._submit(ask, now)
            else:
                self._outside.append(ask)
        yield from self._abort(now)

    def ended(self, end: Ended) -> None:
        """A turn is over: its client goes on with the next one, or is done."""
        session = self._in_flight.pop(end.turn).session
        if self._later[session]:
            ask = self._later[session].pop()
            heapq.heappush(self._next, (ask.step, ask.turn, ask))
        elif session in self._hung_up:
            self.open.remove(session)
        else:
            self._to_close.append(session)

    def _submit(self, ask: Ask, now: int) -> Iterator[Step]:
        if ask.session not in self.open:
            yield "open", (ask.session, 0)
            self.open.add(ask.session)
            self.peak_open = max(self.peak_open, len(self.open))
        args = ask.session, ask.turn, ask.new, ask.max_new, Edit.APPEND, ask.text
        yield "submit", args
        self._in_flight[ask.turn] = ask
        if ask.abort_after is not None:
            heapq.heappush(self._aborts, (now + ask.abort_after, ask.turn))

    def _abort(self, now: int) -> Iterator[Step]:
        while self._aborts and self._aborts[0][0] <= now:
            turn = heapq.heappop(self._aborts)[1]
            if turn not in self._in_flight:
                self.num_late_aborts += 1
                continue
            yield "abort", (turn,)
            ask = self._in_flight[turn]
            if ask.hangs_up:
                yield "close", (ask.session,)
                self._hung_up.add(ask.session)

    def _closes(self) -> Iterator[Step]:
        while self._to_close:
            session = self._to_close.pop()
            yield "close", (session,)
            self.open.remove(session)
