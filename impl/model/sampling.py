"""Which token does a turn say next? Answers that no schedule can change.

A turn's noise is a function of its seed, the position and the token, and of nothing else: how it is
batched, chunked, put back or guessed leaves its output as it is. Greedy where the temperature is 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

LARGEST_SEED = 2**63 - 1


@dataclass(frozen=True)
class Sampling:
    """How a turn's tokens are chosen, and which one ends it."""

    temperature: float = 0.0  # 0: the likeliest token; more: logits are divided by it
    seed: int = 0
    stop: frozenset[int] = frozenset()  # tokens that end the output; they are part of it

    def __post_init__(self) -> None:
        """Raise ValueError for numbers that mean nothing."""
        if not (math.isfinite(self.temperature) and self.temperature >= 0):
            raise ValueError(f"temperature is {self.temperature}; give a number from 0 on.")
        if not 0 <= self.seed <= LARGEST_SEED:
            raise ValueError(f"seed is {self.seed}; give one from 0 to {LARGEST_SEED}.")


GREEDY = Sampling()


def choose(logits: Tensor, samplings: Sequence[Sampling], positions: Sequence[int]) -> Tensor:
    """Return the token of each row of `logits` [n, vocab_size], of such a turn at this position.

    The likeliest one after Gumbel noise is added is drawn with the softmax's probabilities.
    """
    if not any(sampling.temperature for sampling in samplings):
        return logits.argmax(-1)
    seeds = torch.tensor([s.seed for s in samplings], device=logits.device)
    places = torch.tensor(positions, device=logits.device)
    kelvins = torch.tensor([s.temperature for s in samplings], device=logits.device)
    scores = logits.double() / torch.where(kelvins > 0, kelvins, 1.0)[:, None].double()
    noise = gumbel(seeds, places, logits.shape[-1])
    return torch.where(kelvins[:, None] > 0, scores + noise, scores).argmax(-1)


def gumbel(seeds: Tensor, positions: Tensor, vocab_size: int) -> Tensor:
    """Return Gumbel noise [n, vocab_size] in float64 for seeds and positions [n]."""
    token = torch.arange(vocab_size, device=seeds.device)
    bits = scramble(scramble(scramble(seeds)[:, None] + positions[:, None]) + token)
    uniform = (_shift(bits, 11).double() + 0.5) * 2.0**-53
    return -(-uniform.log()).log()


def scramble(x: Tensor) -> Tensor:
    """Return 64 bits that look like nothing of `x` (splitmix64, Steele et al. 2014)."""
    x = x + _signed(0x9E3779B97F4A7C15)
    x = (x ^ _shift(x, 30)) * _signed(0xBF58476D1CE4E5B9)
    x = (x ^ _shift(x, 27)) * _signed(0x94D049BB133111EB)
    return x ^ _shift(x, 31)


def _shift(x: Tensor, bits: int) -> Tensor:
    """Shift to the right, zeros in front; torch itself repeats the sign."""
    return (x >> bits) & ((1 << (64 - bits)) - 1)


def _signed(bits: int) -> int:
    """Return 64 bits as torch's integers have them."""
    return bits - (1 << 64) if bits >> 63 else bits
