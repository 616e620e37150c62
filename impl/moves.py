"""What the scheduler did, and how turns ended: an engine's two logs. The caller drains them."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from impl.tokens import Tokens


class Why(StrEnum):
    """Why a turn that was admitted got no answer: turned away before it ran, aborted, or failed."""

    TOO_LONG = "too_long"
    QUEUE_FULL = "queue_full"
    NO_ROOM = "no_room"
    ABORTED = "aborted"
    FAILED = "failed"  # its forward pass raised
    OUT_OF_MEMORY = "out_of_memory"  # of the device, even for this turn alone


@dataclass(frozen=True, slots=True)
class Move:
    """One move of the scheduler: its name, then the turn or session, then lengths or a reason.

    `evict` names its page by what it says: the namespace, and all tokens up to the page's end; one
    that drops several pages, last one first, says how many.
    `fail(turn, why)` is told, not made: the engine asks itself for the end of a turn.
    """

    name: str
    args: tuple[int | str | Tokens, ...]

    def __str__(self) -> str:
        """Read as a call: `reserve(3, 17)`."""
        args = (tuple(x) if isinstance(x, array) else x for x in self.args)
        return f"{self.name}({', '.join(map(str, args))})"


@dataclass(frozen=True)
class Ended:
    """The answer to one turn: its output tokens, or why there are none."""

    turn: int
    session: int
    outcome: Literal["finished", "aborted"]
    reason: str  # "" when finished
    output: tuple[int, ...]  # empty when aborted
    detail: str = ""  # what was raised, of a turn that failed


def each_page(evict: Move, page_size: int) -> Iterator[tuple[int, Tokens]]:
    """Generate what an eviction drops, page by page: namespace, and tokens to the page's end."""
    namespace, tokens, *rest = evict.args
    assert isinstance(namespace, int), f"begins with a namespace: {evict}"
    assert isinstance(tokens, array), f"names its page by what it says: {evict}"
    for i in range(int(str(rest[0])) if rest else 1):
        yield namespace, tokens[: len(tokens) - i * page_size]
