"""Guesses tokens for speculative decoding. Answers: what may come next, for almost nothing?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from impl.sampling import Sampling


class Drafter(Protocol):
    """What the engine asks for drafts. Wrong drafts cost time, never an answer."""

    def draft(
        self, tokens: Sequence[int], num: int, namespace: int, sampling: Sampling
    ) -> list[int]:
        """Return `num` tokens that may follow `tokens` where they are chosen like this."""


class PromptLookup:
    """Drafts what followed the last token when it was last said; where it is new, the token itself.

    The cheapest drafter there is ("prompt lookup decoding"): no second model.
    """

    def draft(
        self,
        tokens: Sequence[int],
        num: int,
        namespace: int,  # noqa: ARG002 - of the protocol, as the next one
        sampling: Sampling,  # noqa: ARG002
    ) -> list[int]:
        """Return `num` tokens copied from an earlier place in `tokens`."""
        last = len(tokens) - 1
        for at in range(last - 1, -1, -1):
            if tokens[at] == tokens[last]:
                copied = tokens[at + 1 : at + 1 + num]
                return [*copied, *[tokens[last]] * (num - len(copied))]
        return [tokens[last]] * num
