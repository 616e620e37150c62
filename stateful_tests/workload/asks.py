"""Recorded turns as what their clients will ask for: scaled, timed in steps, some to be aborted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from random import Random

from stateful_tests.workload.sessions import Session

MS_PER_STEP = 200.0
"""Milliseconds of the trace for one step."""
ABORT_WITHIN = 12
"""An abort strikes less than so many steps after its submit: turns that wait, and that run."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One turn as its client will ask for it."""

    session: int
    turn: int
    step: float  # not before this step, and not before the session's last turn has ended
    new: int
    max_new: int
    text: int  # what a first prompt says
    abort_after: int | None  # steps after its submit, if it is still in flight then
    hangs_up: bool  # its abort is followed at once by the close of its session


@dataclass(frozen=True)
class Scaling:
    """How lengths are divided, what is too long in any case, and how often clients abort."""

    scale: int
    context_len: int
    texts: int
    abort_rate: float
    seed: int

    def asks(self, sessions: Sequence[Session]) -> list[list[Ask]]:
        """Return the asks of each session, in order."""
        random, turns = Random(f"{self.seed} aborts"), count()
        return [list(self._of(x, session, turns, random)) for x, session in enumerate(sessions)]

    def _of(self, x: int, session: Session, turns: Iterator[int], random: Random) -> Iterator[Ask]:
        for left, turn in zip(reversed(range(len(session))), session, strict=True):
            is_struck = random.random() < self.abort_rate
            after, hangs_up = random.randrange(ABORT_WITHIN), random.choice([True, False])
            yield Ask(
                session=x,
                turn=next(turns),
                step=turn.arrival_ms / MS_PER_STEP,
                new=min(max(1, turn.new // self.scale), self.context_len + 1),
                max_new=turn.output // self.scale,
                text=x % self.texts,
                abort_after=after if is_struck else None,
                hangs_up=left == 0 and hangs_up,
            )
