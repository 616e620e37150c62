"""What a client is told when a request is turned down. A refused request changes nothing."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a request is refused."""

    ALREADY_OPEN = "already_open"
    DUPLICATE_TURN = "duplicate_turn"
    UNKNOWN_SESSION = "unknown_session"
    CLOSING = "closing"
    REPLACE = "replace"
    DROP_PREVIOUS_OUTPUT = "drop_previous_output"
    OFFSET = "offset"
    EMPTY_INPUT = "empty_input"
    IN_FLIGHT = "in_flight"
    UNKNOWN_TURN = "unknown_turn"


class Refused(Exception):  # noqa: N818 - an answer, not an error
    """A request was refused; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        """Carry the reason to the client."""
        super().__init__(reason.value)
        self.reason = reason
