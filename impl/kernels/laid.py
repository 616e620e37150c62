"""Tokens of a batch, end to end. Answers: where does each lie, which position has it, and whose?"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Laid(NamedTuple):
    """One entry for each token of a batch, all int64 [num_tokens]."""

    locations: Tensor
    positions: Tensor
    chunks: Tensor  # index of the chunk that a token belongs to
