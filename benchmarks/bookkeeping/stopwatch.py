"""How long an engine's own functions take. Answers: which operation took how long, how often?"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable
from time import perf_counter_ns, thread_time_ns
from typing import Any

OPERATIONS = ("create", "match", "allocate", "finish")
"""A turn's bookkeeping.

create: the request, from the session's history and the new tokens. match: the prefix it goes on
from, and the tail behind that freed. allocate: locations for the prompt and for each output token,
and the row that lists them. finish: the overshoot trimmed, the record back in the slot, the turn
the session's last one.
"""


class Stopwatch:
    """Adds up, by operation, the nanoseconds and the calls of the functions that it wraps."""

    def __init__(self) -> None:
        """Start at nothing."""
        self.ns: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()

    def time(self, owner: Any, name: str, operation: str) -> None:
        """Wrap the function `name` of a class or module; what it was called before is timed now."""
        setattr(owner, name, self.timed(getattr(owner, name), operation))

    def timed(self, function: Callable[..., Any], operation: str) -> Callable[..., Any]:
        """Return `function`, timed.

        A call during which another process had the core counts its own CPU time. That clock is read
        around the finer one, so it is the smaller of the two only then.
        """
        ns, calls = self.ns, self.calls

        @functools.wraps(function)
        def timing(*args: Any, **named: Any) -> Any:
            computed = thread_time_ns()
            started = perf_counter_ns()
            result = function(*args, **named)
            elapsed = perf_counter_ns() - started
            ns[operation] += min(elapsed, thread_time_ns() - computed)
            calls[operation] += 1
            return result

        return timing

    def taken(self, num_turns: int) -> dict[str, float]:
        """Return microseconds per turn by operation, and begin anew.

        Raises AssertionError for an operation of which there was no call: it has another name now,
        or is not part of a turn any more, and what was measured is not what is claimed.
        """
        missing = [operation for operation in OPERATIONS if not self.calls[operation]]
        assert not missing, f"a turn is made of {OPERATIONS}, and was timed without {missing}"
        told = {operation: self.ns[operation] / num_turns / 1e3 for operation in OPERATIONS}
        self.clear()
        return told

    def clear(self) -> None:
        """Begin anew."""
        self.ns.clear()
        self.calls.clear()
