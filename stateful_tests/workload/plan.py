"""Recorded sessions as a plan for one world: who asks for what at which step, and how large it is.

Lengths are divided by `scale`, and a step stands for MS_PER_STEP of the trace: with TOKEN_BUDGET
scaled tokens a step, that is about what keeps a server busy, so that turns overlap and queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from spec.machine.size import Size
from stateful_tests.setting import Setting
from stateful_tests.workload.asks import Ask, Scaling
from stateful_tests.workload.sessions import Session

SCALE = 64
"""Tokens of the trace for one token here."""
CONTEXT = 65_536
"""Unscaled tokens of one context. A turn of the trace that needs more is too long here as well."""
TOKEN_BUDGET = 128
"""Scaled tokens that a step computes."""
QUEUE_LIMIT = 256
"""Most waiting turns; few plans come near it."""
TEXTS = 8
"""What first prompts may say, and so which sessions begin alike: session x says text x modulo this.
All texts of even numbers have their first page in common, and so on: like a system prompt.
"""
FILL = 0.25
"""The part of the pages needed on paper that there are, so that the pool overflows sometimes."""


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
        scale: int = SCALE,
        abort_rate: float = 0.05,
        seed: int = 0,
        device: str = "cpu",
        fill: float = FILL,
        queue_limit: int = QUEUE_LIMIT,
    ) -> Plan:
        """Scale `sessions`, of which there is at least one, and size a world for them.

        There is a row for each session that is open at the busiest step, found on paper: as if each
        turn ended when it arrives. Idle sessions keep their KV, so there are `fill` of the pages
        that the open sessions have filled at the fullest step; where that is not enough, what
        nobody reads is evicted, idle slots are reclaimed, and turns are retracted.
        """
        context_len = max(1, CONTEXT // scale)
        asks = Scaling(scale, context_len, TEXTS, abort_rate, seed).asks(sessions)
        rows, pages = _peak(asks, page_size, context_len)
        size = Size(
            sessions=len(asks),
            turns=sum(map(len, asks)),
            rows=rows,
            pages=max(int(pages * fill), -(-context_len // page_size)),
            page_size=page_size,
            context_len=context_len,
            queue_limit=queue_limit,
            texts=min(len(asks), TEXTS),
        )
        return cls(asks, Setting(size, TOKEN_BUDGET, seed=seed, device=device), scale)


def _peak(asks: list[list[Ask]], page_size: int, context_len: int) -> tuple[int, int]:
    """Return the most sessions that are open at one step, and the most pages they have filled."""
    changes: list[tuple[float, int, int]] = []  # step, sessions, pages
    for session in asks:
        lens = accumulate(ask.new + ask.max_new for ask in session)
        pages = [-(-min(length, context_len) // page_size) for length in lens]
        new = [after - before for before, after in zip([0, *pages], pages, strict=False)]
        changes += [(ask.step, 0, added) for ask, added in zip(session, new, strict=True)]
        changes.append((session[0].step, 1, 0))
        changes.append((session[-1].step + 1, -1, -pages[-1]))
    changes.sort()
    return (
        max(accumulate(sessions for _, sessions, _ in changes)),
        max(accumulate(pages for _, _, pages in changes)),
    )
