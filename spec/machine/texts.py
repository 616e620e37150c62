"""What the texts of a concrete world say: page i of texts v and w is the same while v = w modulo
2 ** (i + 1). So texts 0 and 1 part at once, 0 and 2 after one page, 0 and 4 after two.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from spec.language import NIL


class FixedMap:
    """A map that is computed where it is read."""

    def __init__(self, cell: Callable[..., Any]) -> None:
        self._cell = cell

    def __getitem__(self, key: Any) -> Any:
        """Read a cell; the cell of NIL reads as NIL."""
        keys = key if type(key) is tuple else (key,)
        return NIL if NIL in keys else self._cell(*keys)


class Texts:
    """The prefixes of all texts of a world, numbered: (namespace, text, index of the last page)."""

    def __init__(self, namespaces: int, texts: int, indices: int) -> None:
        self.namespaces, self.texts, self.indices = namespaces, texts, indices
        self.maps = {
            "prefix": FixedMap(self.prefix),
            "ancestor": FixedMap(self.ancestor),
            "last": FixedMap(lambda c: c % indices),
            "namespace_of": FixedMap(lambda c: c // indices // texts),
        }

    def prefix(self, namespace: int, text: int, i: int) -> int:
        """Return the number of pages 0 .. i of `text`: that of the least text that says them."""
        return (namespace * self.texts + least(text, i)) * self.indices + i

    def ancestor(self, prefix: int, i: int) -> int:
        """Return the number of pages 0 .. i of `prefix`."""
        namespace, text, _ = self.parts(prefix)
        return self.prefix(namespace, text, i)

    def parts(self, prefix: int) -> tuple[int, int, int]:
        """Return namespace, least text and last index of a prefix."""
        rest, i = divmod(prefix, self.indices)
        namespace, text = divmod(rest, self.texts)
        return namespace, text, i

    @cached_property
    def prefixes(self) -> tuple[int, ...]:
        """Every prefix."""
        return tuple(
            self.prefix(a, w, i)
            for a in range(self.namespaces)
            for w in range(self.texts)
            for i in range(self.indices)
            if least(w, i) == w
        )


def least(text: int, i: int) -> int:
    """Return the least text that says the same on pages 0 .. i."""
    return text if text.bit_length() <= i + 1 else text % (1 << (i + 1))
