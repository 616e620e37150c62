"""Pages of tokens by name: a digest of all tokens up to the page's end."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from hashlib import blake2b

NAME_BYTES = 8


def page_names(tokens: Sequence[int], page_size: int) -> list[str]:
    """Return a name for each whole page; two texts share names as far as they share pages."""
    names, name = [], b""
    for end in range(page_size, len(tokens) + 1, page_size):
        page = array("q", tokens[end - page_size : end]).tobytes()
        name = blake2b(name + page, digest_size=NAME_BYTES).digest()
        names.append(name.hex())
    return names
