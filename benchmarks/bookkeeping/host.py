"""The process of one contestant: `configure` and `turns`, a JSON object per line.

It is a release's where that is on the path, and ours elsewhere: neither can import the other.
"""

from __future__ import annotations

import gc
from importlib.util import find_spec
from typing import Any

import torch

from benchmarks.bookkeeping.contestant import Contestant
from benchmarks.bookkeeping.point import Point
from benchmarks.bookkeeping.weight import weighed
from stateful_tests.engines.hosting.serve import serve
from stateful_tests.engines.sglang.host.missing import install_stubs


class Commands:
    """What the race asks for."""

    def __init__(self, contestant: Contestant) -> None:
        """Answer for one contestant."""
        self.contestant = contestant
        gc.freeze()  # what was imported is never garbage

    def configure(self, **sizes: Any) -> dict[str, Any]:
        """Make a point's sessions, and tell how long they are."""
        self.contestant.prepare(Point(**sizes))
        return {"lengths": sorted(set(self.contestant.lengths()))}

    def turns(self) -> dict[str, float]:
        """Time a batch of turns."""
        return self.contestant.turns()

    def memory(self, **sizes: Any) -> dict[str, float]:
        """Return how many bytes a point's sessions take, and their pools."""
        point = Point(**sizes)
        return weighed(self.contestant, point)


def make_commands() -> Commands:
    """Import the engine that is here."""
    torch.set_num_threads(1)
    if find_spec("sglang") is None:
        from benchmarks.bookkeeping.ours import Ours  # noqa: PLC0415

        return Commands(Ours())
    install_stubs()
    from benchmarks.bookkeeping.release import Release  # noqa: PLC0415

    return Commands(Release())


if __name__ == "__main__":
    serve(make_commands)
