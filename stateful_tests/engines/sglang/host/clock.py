"""A clock that stands still until told otherwise, in place of the `time` module."""

from __future__ import annotations

import sys
import time

TICK = 1e-9
"""What passes at each look: the release orders tree nodes by when they were last used."""


class Clock:
    """What the release's modules see as `time`. Sleeping takes no time and passes it."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def time(self) -> float:
        """Return the seconds."""
        self.now += TICK
        return self.now

    monotonic = time
    perf_counter = time

    def time_ns(self) -> int:
        """Return the nanoseconds."""
        return int(self.time() * 1e9)

    monotonic_ns = time_ns
    perf_counter_ns = time_ns

    def sleep(self, seconds: float) -> None:
        """Let the seconds pass."""
        self.now += seconds

    def rule(self) -> None:
        """Take the place of `time` in every module of the release."""
        for name, module in list(sys.modules.items()):
            if name.startswith("sglang.") and vars(module).get("time") is time:
                vars(module)["time"] = self
