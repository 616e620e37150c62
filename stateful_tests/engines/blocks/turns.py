"""The requests in flight, with what the spec has been told of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from stateful_tests.difference import Difference

Key = tuple[int, tuple[int, ...]]
"""What a cached page says: its namespace, and all tokens up to its end."""


@dataclass
class Turn:
    """A plain request."""

    id: int
    session: int
    namespace: int
    rid: str
    prompt: list[int]
    limit: int
    num_tokens: int
    row: int | None = None
    protected: int = 0  # pages that it reads from the tree, as the spec knows it
    allocated: int = 0  # tokens that have a location
    computed: int = 0  # tokens that have KV, in batches that are read

    def key(self, tokens: Sequence[int], num_pages: int, page_size: int) -> Key:
        """Return what its first pages say."""
        return self.namespace, tuple(tokens[: num_pages * page_size])

    def put_back(self) -> None:
        """Forget what it had."""
        self.row, self.protected, self.allocated, self.computed = None, 0, 0, 0


@dataclass
class Turns:
    """All that is in flight, by the engine's names; rows are numbered here, no engine has any."""

    num_rows: int
    live: dict[str, Turn] = field(default_factory=dict)

    def named(self, rid: str) -> Turn:
        """Return a request. Raises Difference if the engine goes on with one that has ended."""
        if rid not in self.live:
            words = f"request {rid} goes on after its end, or ends again"
            raise Difference("clients_are_told_how_their_turns_end", words)
        return self.live[rid]

    def by_id(self, turn: int) -> Turn | None:
        """Return the request of that number."""
        return next((each for each in self.live.values() if each.id == turn), None)

    @property
    def free_rows(self) -> list[int]:
        """Rows that no request has."""
        used = {turn.row for turn in self.live.values()}
        return [row for row in range(self.num_rows) if row not in used]

    def next_row(self) -> int:
        """Return a row for one more request: one that there is not where there are too many."""
        return next(iter(self.free_rows), self.num_rows)

    def running(self) -> Iterator[Turn]:
        """Generate those that have a row."""
        yield from (turn for turn in self.live.values() if turn.row is not None)
