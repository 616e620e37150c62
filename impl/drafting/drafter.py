"""Guesses tokens for speculative decoding. Answers: what may come next, for almost nothing?"""

from __future__ import annotations

from operator import indexOf
from typing import Protocol

from impl.sessions.turn import Turn


class Drafter(Protocol):
    """What the engine asks for drafts. Wrong drafts cost time, never an answer."""

    def draft(self, turn: Turn, num: int, namespace: int) -> list[int]:
        """Return `num` tokens that may follow those of `turn`, which has locations for them."""


class PromptLookup:
    """Drafts what followed the last token when it was last said; where it is new, the token itself.

    The cheapest drafter there is ("prompt lookup decoding"): no second model.
    """

    def draft(self, turn: Turn, num: int, namespace: int) -> list[int]:  # noqa: ARG002 - protocol
        """Return `num` tokens copied from an earlier place in the turn."""
        tokens = turn.tokens
        backwards = reversed(tokens)
        last = next(backwards)
        try:
            start = len(tokens) - 1 - indexOf(backwards, last)
        except ValueError:
            return [last] * num
        copied = tokens[start : start + num]
        return [*copied, *[last] * (num - len(copied))]
