"""The clients' side of each conversation, remembered here whatever an engine remembers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Histories:
    """What each session's client sent and received."""

    finished: dict[int, list[int]] = field(default_factory=dict)  # session -> last finished tokens
    prompts: dict[int, list[int]] = field(default_factory=dict)  # turn in flight -> whole input
    sessions: dict[int, int] = field(default_factory=dict)  # turn in flight -> its session
    namespaces: dict[int, int] = field(default_factory=dict)  # session -> namespace

    def submitted(self, session: int, turn: int, new: Sequence[int], namespace: int) -> None:
        """A turn was accepted: the client expects it to go on from the last finished turn."""
        self.namespaces[session] = namespace
        self.sessions[turn] = session
        self.prompts[turn] = [*self.finished.get(session, []), *new]

    def ended(self, turn: int, output: Sequence[int] | None) -> tuple[list[int], int]:
        """A turn is over, well if there is an output; return its whole input and its namespace."""
        prompt, session = self.prompts.pop(turn), self.sessions.pop(turn)
        if output is not None:
            self.finished[session] = [*prompt, *output]
        return prompt, self.namespaces[session]

    def closed(self, session: int) -> None:
        """A session is gone, with its history."""
        self.finished.pop(session, None)
