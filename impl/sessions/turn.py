"""A turn: one request of a session, from its admission until its session forgets it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from impl.cache.record import KVRecord
from impl.failure import Failure
from impl.model.in_air import InAir
from impl.model.sampling import GREEDY, Sampling
from impl.tokens import Tokens

if TYPE_CHECKING:  # a turn and its session know each other
    from impl.sessions.session import Session


class Result(NamedTuple):
    """What a launched batch yields for one turn, and nobody has read yet."""

    end: int  # KV is computed up to here
    batch: InAir  # holds the token that follows,
    place: int  # here
    step: int  # in which it was launched


@dataclass(eq=False, slots=True)
class Turn:
    """Tokens in and out, and the KV record it borrows while it runs.

    Its tokens are its session's, borrowed: the last finished turn's, the new ones, then output. So
    a turn costs what it adds, and not what was said before.
    """

    id: int
    session: Session | None  # None: detached
    borrowed: Tokens  # the session's tokens; they go on without this turn once it is finished
    max_new_tokens: int
    sampling: Sampling = GREEDY
    prompt_len: int = field(init=False)
    aborting: bool = False  # the client has asked for its end, or the engine, since it failed
    failure: Failure | None = None  # why it could not be computed
    late: bool = False  # it came when the queue was full
    priority: int = 0  # higher goes first
    record: KVRecord | None = None  # None: waiting, or over
    unread: list[Result] = field(default_factory=list)  # oldest first
    stopped_len: int | None = None  # its tokens up to the first stop, once that is said
    finished_len: int | None = None  # all its tokens, once it is finished

    def __post_init__(self) -> None:
        """Remember where the prompt ends."""
        self.prompt_len = len(self.borrowed)

    @property
    def tokens(self) -> Tokens:
        """Prompt and output; those of a finished turn are copied out."""
        if self.finished_len is None:
            return self.borrowed
        return self.borrowed[: self.finished_len]

    @property
    def limit(self) -> int:
        """Most tokens that were asked for; speculation may overshoot it until the turn ends."""
        return self.prompt_len + self.max_new_tokens

    @property
    def output(self) -> tuple[int, ...]:
        """Tokens that the model added."""
        return tuple(self.borrowed[self.prompt_len : self.finished_len])

    @property
    def end(self) -> int:
        """Where it ends, as far as is known: behind its first stop, or where it may not go on."""
        return self.limit if self.stopped_len is None else min(self.stopped_len, self.limit)

    @property
    def at_end(self) -> bool:
        """It has all its output."""
        return len(self.tokens) >= self.end

    def say(self, tokens: Sequence[int]) -> None:
        """Add to its output; overlap and speculation go on past a stop."""
        for token in tokens:
            self.tokens.append(token)
            if self.stopped_len is None and token in self.sampling.stop:
                self.stopped_len = len(self.tokens)

    @property
    def is_decoding(self) -> bool:
        """All results are read, and only the KV of its last output token is missing."""
        record, length = self.record, len(self.tokens)
        if record is None or record.is_unread:
            return False
        return record.launched == length - 1 and self.prompt_len < length < self.limit

    @property
    def can_overlap(self) -> bool:
        """An unread result yields its next token, and another is wanted after that."""
        record, length = self.record, len(self.tokens)
        if record is None or not record.is_unread:
            return False
        return record.launched == length and length + 1 < self.limit

    @property
    def target_len(self) -> int:
        """How far KV must reach for the next token, or for the end if it wants no more."""
        if self.at_end and self.max_new_tokens:
            return self.end - 1
        return len(self.tokens)

    @property
    def is_launched(self) -> bool:
        """It has all its output, and nothing is left to compute for it."""
        record = self.record
        return record is not None and self.at_end and record.launched >= self.target_len

    @property
    def is_complete(self) -> bool:
        """It has all its output, and KV for all of it but perhaps the last token."""
        record = self.record
        return record is not None and self.at_end and record.committed >= self.target_len

    def __str__(self) -> str:
        """Show what an assertion needs."""
        state = f"runs on {self.record}" if self.record else "has no row"
        aborting = ", abort asked" if self.aborting else ""
        lens = f"{len(self.tokens)} tokens, prompt {self.prompt_len}, limit {self.limit}"
        return f"turn {self.id} ({lens}{aborting}) {state}"
