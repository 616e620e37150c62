"""The turns of a hosted release, as its journal has told of them so far."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from stateful_tests.engines.sglang.pages import page_names

Named = tuple[Hashable, str]
"""A page: its namespace, and the name of all tokens up to its end."""


class Launch(NamedTuple):
    """A launched batch's part for one turn."""

    decodes: bool
    start: int
    upto: int


@dataclass
class Turn:
    """A turn in flight. Lengths in tokens.

    Turn, session and namespace are the driver's numbers, or the names that a live server has.
    """

    id: Any
    rid: str  # the release's name for it: one of its own for every request
    session: Any
    namespace: Any
    prompt: list[int]  # its whole input, as its client has it
    limit: int
    text_len: int = 0  # of the session's first prompt: more than that is not told to be shared
    plain: bool = False  # of no session: `session` is its own, and nothing but its name
    history_len: int = 0  # of the session's last finished turn: its slot is told to keep no more
    turned_away: str = ""  # why it will never run, in the spec's words: a stub runs in its place
    aborting: bool = False
    num_tokens: int = 0
    row: int | None = None
    protected: int = 0
    allocated: int = 0
    allocating: int = 0  # up to where there is room, once that is told
    starting: int | None = None  # what it found computed when it got its row, until that is told
    put_back: bool = False  # it ran, and waits again: all its KV may still be there (see kept)
    untold: int = 0  # computed tokens that are not told, since its end was asked for
    launches: deque[Launch] = field(default_factory=deque)  # unread
    said: list[int] = field(default_factory=list)  # what its client has got, piece by piece

    @property
    def prompt_len(self) -> int:
        """Tokens of its whole input."""
        return len(self.prompt)

    def pages(self, length: int, page_size: int) -> list[Named]:
        """Return the whole pages among the first tokens of its input."""
        return [(self.namespace, name) for name in page_names(self.prompt[:length], page_size)]

    @property
    def in_the_air(self) -> int:
        """Tokens whose KV counts for the release, and is not told."""
        return sum(launch.upto - launch.start for launch in self.launches) + self.untold

    def give_back(self) -> None:
        """It waits again, and is told to have nothing."""
        self.row, self.starting, self.put_back = None, None, True
        self.protected = self.allocated = self.allocating = self.untold = 0
        self.launches.clear()


@dataclass
class Turns:
    """Turns in flight, and the sessions that have a slot."""

    live: dict[str, Turn] = field(default_factory=dict)  # by the release's names
    slots: set[Any] = field(default_factory=set)
    published: set[Named] = field(default_factory=set)
    """Pages that are told to be in the tree."""

    def runs(self, rid: str) -> Turn | None:
        """Return the turn that a release's request is; None for one that is over, or a stub."""
        turn = self.live.get(rid)
        return None if turn is None or turn.turned_away else turn

    def plain(self, session: Any) -> bool:
        """Say whether a plain request goes by this name."""
        return any(turn.plain and turn.session == session for turn in self.live.values())

    def by_id(self, t: int) -> Turn | None:
        """Return a turn in flight by the driver's number."""
        return next((turn for turn in self.live.values() if turn.id == t), None)
