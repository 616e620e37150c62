"""A session: a conversation whose KV is kept between its turns."""

from __future__ import annotations

from dataclasses import dataclass, field

from impl.cache.record import KVRecord
from impl.sessions.turn import Turn
from impl.tokens import Tokens, tokens_of


@dataclass(eq=False, slots=True)
class Session:
    """Append-only, at most one turn in flight, which only that very turn's end clears.

    A plain request is a session of one turn, closing from the start.
    """

    id: int
    namespace: int
    last_activity: float  # seconds, by the engine's clock; a turn's end is activity
    closing: bool = False  # its close waits for the turn in flight
    in_flight: Turn | None = None  # the turn that has neither finished nor aborted
    req_nodes: Turn | None = None  # the last turn that finished successfully, and nothing else
    slot: KVRecord | None = None  # the record kept between turns, lent to the turn that runs
    first_prompt_len: int = 0  # every turn begins with this prompt, which the tree may share
    tokens: Tokens = field(default_factory=tokens_of)  # the history, then those of a turn in flight

    @property
    def history_len(self) -> int:
        """Tokens of the last finished turn: where the next one goes on (PR 22790)."""
        return (self.req_nodes.finished_len or 0) if self.req_nodes else 0

    def forget_beyond_history(self) -> None:
        """Drop what a turn has added that did not finish."""
        del self.tokens[self.history_len :]

    @property
    def is_lent(self) -> bool:
        """The turn in flight is running, on the slot's record or on its own first one."""
        return self.in_flight is not None and self.in_flight.record is not None

    def __str__(self) -> str:
        """Show what an assertion needs."""
        last, slot = self.req_nodes and self.req_nodes.id, self.slot
        flying = self.in_flight and self.in_flight.id
        return (
            f"session {self.id} (in flight {flying}, last {last}, closing {self.closing}, {slot})"
        )
