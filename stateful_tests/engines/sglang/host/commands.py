"""The commands: each is a method, its arguments are the line's fields, and it answers with data."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from stateful_tests.engines.sglang.host import requests
from stateful_tests.engines.sglang.host.clock import Clock
from stateful_tests.engines.sglang.host.hooks import Hooks
from stateful_tests.engines.sglang.host.journal import Journal
from stateful_tests.engines.sglang.host.names import check_cache, names
from stateful_tests.engines.sglang.host.observation import idle, observation
from stateful_tests.engines.sglang.host.planted.known import plant
from stateful_tests.engines.sglang.host.pools import replace_kernels
from stateful_tests.engines.sglang.host.tree import tree_of
from stateful_tests.engines.sglang.host.world import World

Told = dict[str, Any]


class Commands:
    """One scheduler at a time, and what a client may ask of it."""

    def __init__(self) -> None:
        known = names()
        module = f"{__package__}.{known.scheduler}"
        self.make_scheduler = import_module(module).HostedScheduler
        replace_kernels(import_module(known.allocators))
        self.clock = Clock()
        self.clock.rule()
        self.journal = Journal()
        self.hooks = Hooks(self.journal, known)
        self.scheduler: Any = None

    def configure(self, **world: Any) -> Told:
        """Begin anew, with a world's sizes and options."""
        chosen = World(**world)
        check_cache(chosen)
        self.clock.now = 1_000.0
        self.scheduler = self.make_scheduler(chosen)
        self.scheduler.tree = tree_of(self.scheduler)
        plant(chosen.planted, self.scheduler)
        self.hooks.listen(self.scheduler)
        self.journal.taken()
        return {"ready": True, "cache": type(self.scheduler.tree_cache).__name__}

    def open(self, session: str, timeout: float | None = None) -> Told:
        """Open a streaming session."""
        return self._asked(requests.opening(session, timeout))

    def close(self, session: str) -> Told:
        """Close a session, now or after its turn in flight."""
        return self._asked(requests.closing(session))

    def submit(self, session: str, rid: str, tokens: Sequence[int], **named: Any) -> Told:
        """Add a turn to a session."""
        return self._asked(requests.generation(rid, tokens, session=session, **named))

    def generate(self, rid: str, tokens: Sequence[int], **named: Any) -> Told:
        """Make a plain request."""
        return self._asked(requests.generation(rid, tokens, **named))

    def abort(self, rid: str) -> Told:
        """End a request."""
        return self._asked(requests.abortion(rid))

    def advance_clock(self, seconds: float) -> Told:
        """Let time pass, for all that looks at a clock."""
        self.clock.now += seconds
        return {}

    def step(self, observe: bool = False) -> Told:
        """Run one iteration of the scheduling loop."""
        self.scheduler.iterate()
        return self._told() | (self.observe() if observe else {})

    def observe(self) -> Told:
        """Tell the whole state."""
        return {"state": observation(self.scheduler)}

    def check(self) -> Told:
        """Let the release check itself for leaks: as it does when idle, or when busy."""
        scheduler = self.scheduler
        check = scheduler.check_idle if idle(scheduler) else scheduler.check_busy
        try:
            check()
        except (AssertionError, ValueError) as complaint:
            return {"complaint": str(complaint)}
        return {"complaint": None}

    def _asked(self, request: Any) -> Told:
        """Hand a request over at once, as the loop does when it has fetched one."""
        self.scheduler.process_input_requests([request])
        return self._told()

    def _told(self) -> Told:
        answers = list(self.scheduler.answers)
        self.scheduler.answers.clear()
        return {"answers": answers, "events": self.journal.taken()}
