"""Drafts of which the driver says how many are right: made from the dense model."""

from __future__ import annotations

from impl.drafting.drafter import Drafter
from impl.model.transformer import Transformer
from impl.sessions.turn import Turn
from stateful_tests.engines.reference.dense import dense_output


class DenseDrafter:
    """Right for `num_right` tokens, then wrong.

    Where nobody says how many, `other` drafts, or the number of tokens decides.
    """

    def __init__(self) -> None:
        self.model: Transformer | None = None
        self.other: Drafter | None = None
        self.num_right: int | None = None

    def draft(self, turn: Turn, num: int, namespace: int) -> list[int]:
        """Return `num` drafts, of which the first `num_right` are what the model will say."""
        assert self.model is not None, "the model is known once the engine is made"
        if self.other and self.num_right is None:
            return self.other.draft(turn, num, namespace)
        right = len(turn.tokens) % (num + 1) if self.num_right is None else self.num_right
        drafts = dense_output(self.model, turn.tokens, num, namespace, turn.sampling)
        if right < num:
            drafts[right] = (drafts[right] + 1) % self.model.config.vocab_size
        return drafts
