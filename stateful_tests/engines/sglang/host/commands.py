"""The commands: each is a method, its arguments are the line's fields, and it answers with data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

from stateful_tests.engines.sglang.host import requests
from stateful_tests.engines.sglang.host.clock import Clock
from stateful_tests.engines.sglang.host.hooks import Hooks
from stateful_tests.engines.sglang.host.journal import Journal
from stateful_tests.engines.sglang.host.names import check_cache, names
from stateful_tests.engines.sglang.host.observation import observation
from stateful_tests.engines.sglang.host.planted.known import plant
from stateful_tests.engines.sglang.host.pools import replace_kernels
from stateful_tests.engines.sglang.host.tree import tree_of
from stateful_tests.engines.sglang.host.world import World
from stateful_tests.engines.sglang.live.process import follow_schedulers

Told = dict[str, Any]

NOBODY: Mapping[str, float] = MappingProxyType({})


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
        pool = self.scheduler.token_to_kv_pool_allocator.get_kvcache()
        self.scheduler.tree = tree_of(self.scheduler, pool.values)
        plant(chosen.planted, self.scheduler)
        self.hooks.listen(self.scheduler, self.scheduler.tree)
        self.journal.taken()
        return {"cache": type(self.scheduler.tree_cache).__name__, **self.observe()}

    def log(self, folder: str) -> Told:
        """Let schedulers that are configured from now on log to a folder, as a server's do."""
        follow_schedulers(self.make_scheduler, Path(folder))
        return {}

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

    def step(self, seconds: float = 0.0, silent: Mapping[str, float] = NOBODY) -> Told:
        """Let time pass, for all that looks at a clock, and run one iteration of the loop.

        Some sessions were silent for longer: for so many seconds more.
        """
        self.clock.now += seconds
        for session, more in silent.items():
            self.scheduler.session_controller.sessions[session].last_active_time -= more
        self.scheduler.iterate()
        told = self._told()
        if not told["state"]["idle"]:
            told["complaint"] = _complaint(self.scheduler.check_busy)
        return told

    def observe(self) -> Told:
        """Tell the whole state, and what the release finds wrong with it: it looks when idle."""
        state = observation(self.scheduler)
        complaint = _complaint(self.scheduler.check_idle) if state["idle"] else None
        return {"state": state, "complaint": complaint}

    def _asked(self, request: Any) -> Told:
        """Hand a request over at once, as the loop does when it has fetched one."""
        self.scheduler.process_input_requests([request])
        return self._told()

    def _told(self) -> Told:
        answers = list(self.scheduler.answers)
        self.scheduler.answers.clear()
        return {"answers": answers, "events": self.journal.taken(), **self.observe()}


def _complaint(check: Callable[[], None]) -> str | None:
    """Return what a check of the release complains of."""
    try:
        check()
    except (AssertionError, ValueError) as complaint:
        return str(complaint)
    return None
