"""What the hosted engine's stand-in model stores and says: numbers that name a token history.

The KV of a token is a number made of the token and of the KV of all tokens before it, as a model
reads it back through the engine's tables; the next token is made of all KV so far. Stale, foreign,
freed or unwritten KV thus shows as other tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

VOCABULARY = 1 << 15
NEVER_WRITTEN = -1
FREED = -2

_MASK = (1 << 62) - 1


def mixed(digest: int, value: int) -> int:
    """Return a digest of a digest and a value: 62 bits."""
    x = (digest * 0x2545F4914F6CDD1D + value + 0x9E3779B97F4A7C15) & _MASK
    return x ^ (x >> 29)


def beginning(namespace: str) -> int:
    """Return the digest of no tokens in a namespace."""
    return mixed(crc32(namespace.encode()), 0)


def token(digest: int) -> int:
    """Return the token that the model says after reading the KV that `digest` sums up."""
    return digest % VOCABULARY


def kv(tokens: Sequence[int], namespace: str = "") -> list[int]:
    """Return the KV of each of the tokens, computed afresh."""
    digest, values = beginning(namespace), []
    for said in tokens:
        values.append(mixed(digest, said))
        digest = mixed(digest, values[-1])
    return values


def next_token(tokens: Sequence[int], namespace: str = "") -> int:
    """Return the token that follows, computed afresh."""
    digest = beginning(namespace)
    for value in kv(tokens, namespace):
        digest = mixed(digest, value)
    return token(digest)


def continuation(tokens: Sequence[int], length: int, namespace: str = "") -> list[int]:
    """Return the `length` tokens that the model goes on with, computed afresh."""
    said = list(tokens)
    for _ in range(length):
        said.append(next_token(said, namespace))
    return said[len(tokens) :]
