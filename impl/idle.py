"""Sessions without a turn in flight. Answers: whose time has passed, whose KV is missed least?"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import count

from impl.session import Session


class IdleSessions:
    """Idle sessions by their last activity, so that nobody has to go through all of them.

    The heap keeps what was true when a session became idle; what became of it since is found out
    when it comes up.
    """

    def __init__(self) -> None:
        """Start with none."""
        self._sessions: dict[int, Session] = {}  # idle for the longest time first
        self._heap: list[tuple[float, int, Session]] = []
        self._number = count()  # so that sessions need no order of their own

    def add(self, session: Session) -> None:
        """A session is open and has no turn in flight."""
        self._sessions.pop(session.id, None)
        self._sessions[session.id] = session
        heapq.heappush(self._heap, (session.last_activity, next(self._number), session))

    def remove(self, session: Session) -> None:
        """A session has a turn in flight again, or is no more."""
        self._sessions.pop(session.id, None)

    def silent_since(self, time: float) -> list[Session]:
        """Return the sessions without any activity after `time`."""
        found = []
        while self._heap and self._heap[0][0] <= time:
            told, number, session = heapq.heappop(self._heap)
            if self._sessions.get(session.id) is session and told == session.last_activity:
                found.append((told, number, session))
        for entry in found:
            heapq.heappush(self._heap, entry)  # they stay as long as nobody closes them
        return [session for _, _, session in found]

    def with_kv(self) -> Iterator[Session]:
        """Generate the sessions whose slot holds KV, idle for the longest time first."""
        return (session for session in self._sessions.values() if session.slot)
