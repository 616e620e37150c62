"""The commands: each is a method, its arguments are the line's fields, and it answers with data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from stateful_tests.engines.blocks.host.engine import Hosted
from stateful_tests.engines.blocks.world import World

Told = dict[str, Any]


class Commands:
    """One engine at a time, and what a client may ask of it."""

    def __init__(self, make: Callable[[World], Hosted]) -> None:
        self.make = make
        self.engine: Hosted

    def configure(self, **world: Any) -> Told:
        """Begin anew, with a world's sizes and limits."""
        self.engine = self.make(World(**world))
        return {"state": self._state()}

    def generate(self, rid: str, tokens: Sequence[int], max_new: int, namespace: int) -> Told:
        """Make a request."""
        self.engine.add(rid, tokens, max_new, namespace)
        return {"state": self._state()}

    def abort(self, rid: str) -> Told:
        """End a request."""
        return {"aborted": self.engine.abort(rid), "state": self._state()}

    def step(self) -> Told:
        """Schedule and compute a batch, show what it is made of, and read a result."""
        ran = {shown.rid for shown in self.engine.requests() if shown.is_running}
        batch = [launch._asdict() for launch in self.engine.launch()]
        launched = self._state()
        runs = {shown["rid"] for shown in launched["requests"] if shown["is_running"]}
        read, ended = self.engine.collect()
        return {
            "put_back": sorted(ran - runs),
            "batch": batch,
            "launched": launched,
            "read": [launch._asdict() for launch in read],
            "ended": [{"rid": rid, "output": list(said)} for rid, said in ended],
            "state": self._state(),
        }

    def _state(self) -> Told:
        return {
            "requests": [shown._asdict() for shown in self.engine.requests()],
            "entries": [entry._asdict() for entry in self.engine.entries()],
            "free": list(self.engine.free()),
            "num_free": self.engine.num_free(),
            "references": list(self.engine.references()),
            "kv": list(self.engine.kv),
        }
