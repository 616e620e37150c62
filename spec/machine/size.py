"""How large a concrete world is: identities of each sort, tokens per page, what the model has."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from spec.language import Atom, Index
from spec.machine.texts import Texts

POSSIBLY_NONE = {"lookahead", "window", "window_pages", "recurrents"}


@dataclass(frozen=True)
class Size:
    """The sizes of a world. A world without a window or recurrent states has no such layers."""

    sessions: int
    turns: int
    rows: int
    pages: int
    page_size: int
    context_len: int
    lookahead: int = 0  # tokens that may be reserved beyond the known ones
    queue_limit: int = 2  # turns that may wait
    window: int = 0  # tokens that sliding-window layers look back
    window_pages: int = 0  # pages of their KV pool
    recurrents: int = 0  # recurrent state slots
    namespaces: int = 1
    texts: int = 1

    def __post_init__(self) -> None:
        """Refuse a world in which nothing can happen."""
        for name, value in vars(self).items():
            least = 0 if name in POSSIBLY_NONE else 1
            if value < least:
                raise ValueError(f"{name} must be at least {least}, not {value}")
        if bool(self.window) != bool(self.window_pages):
            raise ValueError(
                f"window is {self.window} and window_pages is {self.window_pages}; "
                "a model with sliding-window layers needs both, another one neither"
            )

    @property
    def sliding(self) -> bool:
        """There are sliding-window layers."""
        return self.window > 0

    @property
    def hybrid(self) -> bool:
        """There are recurrent layers."""
        return self.recurrents > 0

    @property
    def indices(self) -> int:
        """Pages that the longest row lists."""
        return -(-(self.context_len + self.lookahead) // self.page_size)

    @cached_property
    def all_texts(self) -> Texts:
        """What prompts may say."""
        return Texts(self.namespaces, self.texts, self.indices)

    def domain(self, sort: Any) -> Sequence[int]:
        """Every identity or index of `sort`."""
        if sort == Index:
            return range(self.indices)
        atom = sort.__metadata__[0]
        assert isinstance(atom, Atom), f"{sort} has no finite domain"
        if atom.name == "Prefix":
            return self.all_texts.prefixes
        return range(getattr(self, atom.name.lower() + "s"))

    def tuples(self, sorts: Iterable[Any]) -> Iterator[tuple[int, ...]]:
        """Every tuple of identities and indices of the given sorts."""
        return itertools.product(*map(self.domain, sorts))
