"""The world of a log: what its first line tells of it; what that does not tell has no bound."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from spec.machine.size import Size
from spec.machine.texts import FixedMap

BOUNDLESS = 1 << 60


@dataclass(frozen=True)
class LogSize(Size):
    """The sizes of a live engine. Its sessions and turns have any names, and no bound."""

    @cached_property
    def all_texts(self) -> Any:
        """What prompts said so far."""
        return LogTexts()


class LogTexts:
    """Texts as a log tells them: the name of each page, and behind these what is no other's.

    A prefix is a node of one tree of all texts: a namespace or the prefix before it, and a name.
    """

    def __init__(self) -> None:
        self._texts: dict[tuple[Hashable, ...], int] = {}
        self._names: list[tuple[Hashable, ...]] = []
        self._paths: dict[tuple[int, int], list[int]] = {}
        self._nodes: dict[tuple[str, int, Hashable], int] = {}
        self._places: list[tuple[int, list[int], int]] = []  # namespace, path, index of a prefix
        self.children: list[list[int]] = []  # of a prefix: those that are one page longer
        self.maps = {
            "prefix": FixedMap(self.prefix),
            "ancestor": FixedMap(self.ancestor),
            "last": FixedMap(lambda c: self._places[c][2]),
            "namespace_of": FixedMap(lambda c: self._places[c][0]),
        }

    def text(self, names: Sequence[Hashable] | None) -> int:
        """Return the text that begins with the pages of these names; None: one like no other."""
        pages = tuple(names) if names is not None else (("no other", len(self._names)),)
        text = self._texts.setdefault(pages, len(self._names))
        if text == len(self._names):
            self._names.append(pages)
        return text

    def prefix(self, namespace: int, text: int, i: int) -> int:
        """Return pages 0 .. i of a text."""
        path = self._paths.get((namespace, text))
        if path is None:
            path = self._paths[namespace, text] = []
        while len(path) <= i:
            self._grow(namespace, text, path)
        return path[i]

    def ancestor(self, prefix: int, i: int) -> int:
        """Return pages 0 .. i of a prefix."""
        return self._places[prefix][1][i]

    def named(self, namespace: int, names: Sequence[Hashable]) -> int:
        """Return the prefix that consists of the pages of these names."""
        return self.prefix(namespace, self.text(names), len(names) - 1)

    def _grow(self, namespace: int, text: int, path: list[int]) -> None:
        """Add the next page to a path."""
        names, i = self._names[text], len(path)
        name: Hashable = names[i] if i < len(names) else ("no other", text)
        before = ("page", path[-1]) if path else ("namespace", namespace)
        node = self._nodes.setdefault((*before, name), len(self._places))
        path.append(node)
        if node == len(self._places):
            self._places.append((namespace, path, i))
            self.children.append([])
            if i:
                self.children[path[i - 1]].append(node)
