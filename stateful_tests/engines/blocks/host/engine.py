"""What a hosted engine shows and does, whichever it is: the shape that `commands` tells."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol


class Launch(NamedTuple):
    """One request of a batch: KV is computed for its tokens `start` to `upto`."""

    rid: str
    start: int
    upto: int


class Entry(NamedTuple):
    """What the prefix cache finds by one hash: all tokens up to a page's end, and such pages.

    The first page is the one that is found.
    """

    namespace: int
    tokens: Sequence[int]
    pages: Sequence[int]


class Shown(NamedTuple):
    """A request that is neither finished nor aborted."""

    rid: str
    tokens: Sequence[int]
    prompt_len: int
    is_running: bool
    computed: int  # tokens that have KV, or get it in a batch that is not read yet:
    in_flight: int  # the last so many
    table: Sequence[int]  # its pages, in order


class Hosted(Protocol):
    """An engine. Pages are numbered from 0, those left out that it never hands out."""

    @property
    @abstractmethod
    def kv(self) -> Sequence[int]:
        """What the model has stored: a number for each location, page after page."""

    @abstractmethod
    def add(self, rid: str, tokens: Sequence[int], max_new: int, namespace: int) -> None:
        """Take a request that was accepted."""

    @abstractmethod
    def abort(self, rid: str) -> bool:
        """End a request; return False if there is none such."""

    @abstractmethod
    def launch(self) -> Sequence[Launch]:
        """Schedule a batch, and compute it."""

    @abstractmethod
    def collect(self) -> tuple[Sequence[Launch], Sequence[tuple[str, Sequence[int]]]]:
        """Read the oldest result, if it is time for that.

        Return what was launched then, and the requests that finished, with their output.
        """

    @abstractmethod
    def requests(self) -> Iterable[Shown]:
        """Show all requests that are in flight."""

    @abstractmethod
    def entries(self) -> Iterable[Entry]:
        """Show the prefix cache."""

    @abstractmethod
    def free(self) -> Sequence[int]:
        """Return the pages that can be handed out, the next one first; some are also cached."""

    @abstractmethod
    def num_free(self) -> int:
        """Return how many pages the engine counts as free."""

    @abstractmethod
    def references(self) -> Sequence[int]:
        """Return how many users each page has, as the engine counts them."""
