"""Token ids, four bytes each. Answers: in what does the engine keep all that a session has said?

A slice is a copy, quick to make and to compare; it equals no list. As long as numpy or torch looks
at tokens in place, they cannot grow: whoever has borrowed a session's hands them copies.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import TypeAlias

Tokens: TypeAlias = "array[int]"

LARGEST_VOCABULARY = 2**31
"""So many token ids can be told apart."""


def tokens_of(ids: Iterable[int] = ()) -> Tokens:
    """Return token ids below LARGEST_VOCABULARY, compactly."""
    return array("i", ids)
