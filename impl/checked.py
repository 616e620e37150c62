"""Numbers that clients send. Answers: do they mean anything?

Whatever Python takes for an index is a whole number, numpy's and torch's integers too; a bool is
not. What means nothing is a ValueError that names it, before anything has changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import index

from impl.tokens import Tokens, tokens_of


def checked_count(name: str, value: object) -> int:
    """Return `value` as an int from 0 on. Raises ValueError."""
    count = _whole(value)
    if count is None:
        raise ValueError(f"{name} is {value!r}; give a whole number.")
    if count < 0:
        raise ValueError(f"{name} is {value}; give 0 or more.")
    return count


def checked_tokens(tokens: Iterable[object], vocab_size: int) -> Tokens:
    """Return `tokens` as ids below `vocab_size`. Raises ValueError."""
    try:
        given = list(tokens)
    except TypeError:
        raise ValueError(f"tokens are {tokens!r}; give a sequence of token ids.") from None
    ids = [token if type(token) is int else _whole(token) for token in given]
    known = [id_ for id_ in ids if id_ is not None and 0 <= id_ < vocab_size]
    if len(known) < len(ids):
        valid = set(known)
        wrong = [token for token, id_ in zip(given, ids, strict=True) if id_ not in valid]
        raise ValueError(f"token ids {wrong} are not in the vocabulary [0, {vocab_size}).")
    return tokens_of(known)


def _whole(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    try:
        return index(value)  # type: ignore[arg-type]
    except TypeError:
        return None
