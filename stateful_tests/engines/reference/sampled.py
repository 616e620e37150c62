"""How the turns of a lockstep run are sampled, and what the dense model says then.

The noise is computed anew, with Python's own integers, from what `impl.model.sampling` documents.
"""

from __future__ import annotations

import math
from functools import cache

from torch import Tensor

from impl.model.sampling import GREEDY, Sampling

BITS = 2**64 - 1


def sampling_of(turn: int, seed: int, vocab_size: int) -> Sampling:
    """Return how a turn is sampled: each kind beside the others, a third of them greedily.

    A fourth of the vocabulary stops every other turn.
    """
    temperature = (0.0, 0.7, 2.0)[turn % 3]
    stop = range(turn % 4, vocab_size, 4) if turn % 2 else ()
    if not temperature and not stop:
        return GREEDY
    return Sampling(temperature, seed=1_000_003 * seed + turn, stop=frozenset(stop))


def said(logits: Tensor, sampling: Sampling, first: int) -> list[int]:
    """Return what follows each row of `logits` [n, vocab_size]: the tokens at `first` and on."""
    if not sampling.temperature:
        greedy: list[int] = logits.argmax(dim=-1).tolist()
        return greedy
    rows = enumerate(logits.tolist(), first)
    return [_likeliest(row, sampling, position) for position, row in rows]


def _likeliest(row: list[float], sampling: Sampling, position: int) -> int:
    noise = gumbel(sampling.seed, position, len(row))
    scores = [logit / sampling.temperature + noise[i] for i, logit in enumerate(row)]
    return max(range(len(row)), key=scores.__getitem__)


@cache
def gumbel(seed: int, position: int, vocab_size: int) -> list[float]:
    """Return the noise of all tokens at one position of a turn."""
    key = splitmix(splitmix(seed) + position)
    uniform = [((splitmix(key + token) >> 11) + 0.5) * 2.0**-53 for token in range(vocab_size)]
    return [-math.log(-math.log(u)) for u in uniform]


def splitmix(x: int) -> int:
    """Return the next number of splitmix64 after the state `x`."""
    x = (x + 0x9E3779B97F4A7C15) & BITS
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & BITS
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & BITS
    return x ^ (x >> 31)
