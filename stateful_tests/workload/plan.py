"""Recorded sessions as a plan for one world: who asks for what at which step, and how large it is.

Lengths are divided by `scale`, and arrivals are put MS_PER_STEP apart, so that turns overlap about
as they did: a step of TOKEN_BUDGET scaled tokens stands for what a busy server computes meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, count
from random import Random

from spec.machine.concrete import Size
from stateful_tests.setting import Setting
from stateful_tests.workload.sessions import Session, Turn

MS_PER_STEP = 100.0
CONTEXT = 65_536
"""Unscaled tokens of one context. A turn of the trace that needs more is too long here as well."""
TOKEN_BUDGET = 64
"""Scaled tokens that a step computes."""
ABORT_WITHIN = 12
"""An abort strikes at most so many steps after the submit: waiting turns and running ones."""
STAYS_OPEN = 100
"""Steps for which a session is expected to stay open after its last turn arrived."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One turn as its client will ask for it."""

    session: int
    turn: int
    step: float  # not before this step, and not before the session's last turn has ended
    new: int
    max_new: int
    abort_after: int | None  # steps after its submit, if it is still in flight then
    hangs_up: bool  # its abort is followed at once by the close of the session


@dataclass(frozen=True)
class Plan:
    """The asks of each session in order, and the world in which they are made."""

    asks: list[list[Ask]]
    setting: Setting
    scale: int

    @property
    def num_turns(self) -> int:
        """Turns of all sessions."""
        return sum(map(len, self.asks))

    @classmethod
    def of(
        cls,
        sessions: Sequence[Session],
        page_size: int = 16,
        scale: int = 64,
        abort_rate: float = 0.05,
        seed: int = 0,
        device: str = "cpu",
    ) -> Plan:
        """Scale `sessions` and size a world for them.

        There is a row for each session that is open at the busiest step, and the pages that all of
        them have filled by then, so that idle sessions keep their KV and the pool runs full. The
        step is found on paper: as if each turn ended when it arrives.
        """
        random = Random(f"{seed} aborts")
        turns = count()
        asks = [
            [
                _ask(x, next(turns), turn, turn is session[-1], scale, abort_rate, random)
                for turn in session
            ]
            for x, session in enumerate(sessions)
        ]
        context_len = max(1, CONTEXT // scale)
        rows, pages = _peak(asks, page_size, context_len)
        size = Size(
            sessions=len(asks),
            turns=next(turns),
            rows=rows,
            pages=max(pages, -(-context_len // page_size)),
            page_size=page_size,
            context_len=context_len,
        )
        setting = Setting(size, QUEUE_LIMIT, TOKEN_BUDGET, seed, device)
        return cls(asks, setting, scale)


QUEUE_LIMIT = 256


def _ask(
    session: int, turn: int, asked: Turn, is_last: bool, scale: int, rate: float, random: Random
) -> Ask:
    struck, after = random.random() < rate, random.randrange(ABORT_WITHIN)
    hangs_up = random.random() < 0.5
    return Ask(
        session,
        turn,
        asked.arrival_ms / MS_PER_STEP,
        max(1, asked.new // scale),
        asked.output // scale,
        after if struck else None,
        is_last and hangs_up,
    )


def _peak(asks: list[list[Ask]], page_size: int, context_len: int) -> tuple[int, int]:
    """Return the most sessions that are open at one step, and the most pages they have filled."""
    changes: list[tuple[float, int, int]] = []  # step, sessions, pages
    for session in asks:
        lens = list(accumulate(ask.new + ask.max_new for ask in session))
        pages = [-(-min(length, context_len) // page_size) for length in lens]
        for ask, before, after in zip(session, [0, *pages], pages, strict=False):
            changes.append((ask.step, int(ask is session[0]), after - before))
        changes.append((session[-1].step + STAYS_OPEN, -1, -pages[-1]))
    changes.sort()
    return (
        max(accumulate(sessions for _, sessions, _ in changes)),
        max(accumulate(pages for _, _, pages in changes)),
    )
