"""A turn: one request of a session, from its admission until its session forgets it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from impl.moves import Why
from impl.record import KVRecord

if TYPE_CHECKING:  # a turn and its session know each other
    from impl.session import Session


@dataclass(eq=False, slots=True)
class Turn:
    """Tokens in and out, and the KV record it borrows while it runs."""

    id: int
    session: Session | None  # None: detached
    tokens: list[int]  # prompt (the last finished turn's tokens and the new ones), then output
    max_new_tokens: int
    prompt_len: int = field(init=False)
    aborting: bool = False  # the client has asked for its end
    to_finish: Why | None = None  # found impossible at submit; the next step turns it away
    record: KVRecord | None = None  # None: waiting, or over

    def __post_init__(self) -> None:
        """Remember where the prompt ends."""
        self.prompt_len = len(self.tokens)

    @property
    def limit(self) -> int:
        """Most tokens it may come to."""
        return self.prompt_len + self.max_new_tokens

    @property
    def output(self) -> tuple[int, ...]:
        """Tokens that the model added."""
        return tuple(self.tokens[self.prompt_len :])

    @property
    def is_complete(self) -> bool:
        """It may finish: all but its last output token has KV, or all, if none is wanted."""
        if self.record is None:
            return False
        if self.output:
            return self.record.committed >= len(self.tokens) - 1
        return self.max_new_tokens == 0 and self.record.committed == self.prompt_len

    @property
    def is_decoding(self) -> bool:
        """Only the KV of its last output token is missing."""
        one_missing = self.record is not None and self.record.committed == len(self.tokens) - 1
        return one_missing and self.prompt_len < len(self.tokens) < self.limit

    @property
    def at_limit(self) -> bool:
        """It wants no more output."""
        return len(self.tokens) == self.limit

    @property
    def target_len(self) -> int:
        """How far KV must reach for the next token, or for the end if it wants no more."""
        return len(self.tokens) - (self.at_limit and self.max_new_tokens > 0)

    def __str__(self) -> str:
        """Show what an assertion needs."""
        state = f"runs on {self.record}" if self.record else "has no row"
        aborting = ", abort asked" if self.aborting else ""
        lens = f"{len(self.tokens)} tokens, prompt {self.prompt_len}, limit {self.limit}"
        return f"turn {self.id} ({lens}{aborting}) {state}"
