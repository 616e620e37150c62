"""Sessions without a turn in flight. Answers: whose time has passed, whose KV is missed least?"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import count

from impl.sessions.session import Session


class IdleSessions:
    """Idle sessions by their last activity, so that nobody has to go through all of them.

    The heap keeps what was true when a session became idle; what became of it since is found out
    when it comes up. Each session has one entry that counts: its newest.
    """

    def __init__(self) -> None:
        """Start with none."""
        self._entries: dict[int, tuple[int, Session]] = {}  # by id; idle for the longest time first
        self._heap: list[tuple[float, int, int]] = []  # last activity, number of the entry, id
        self._number = count()

    def add(self, session: Session) -> None:
        """A session is open and has no turn in flight, or was silent for another time."""
        number = next(self._number)
        self._entries.pop(session.id, None)
        self._entries[session.id] = number, session
        heapq.heappush(self._heap, (session.last_activity, number, session.id))

    def remove(self, session: Session) -> None:
        """A session has a turn in flight again, or is no more."""
        self._entries.pop(session.id, None)

    def silent_since(self, time: float) -> list[Session]:
        """Return the sessions without any activity after `time`."""
        found = {}
        while self._heap and self._heap[0][0] <= time:
            told = heapq.heappop(self._heap)
            number, session = self._entries.get(told[2], (None, None))
            if session and number == told[1]:
                found[told] = session
        for told in found:
            heapq.heappush(self._heap, told)  # they stay as long as nobody closes them
        return list(found.values())

    def with_kv(self) -> Iterator[Session]:
        """Generate the sessions whose slot holds KV, idle for the longest time first."""
        return (session for _, session in self._entries.values() if session.slot)
