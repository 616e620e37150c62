"""The scheduler's process: the release's own, in which each scheduler is followed from its making.

For an offline engine:

    class Logged(sglang.Engine):
        run_scheduler_process_func = staticmethod(run_scheduler_process)
"""

from __future__ import annotations

import os
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

from stateful_tests.engines.sglang.host.hooks import Hooks
from stateful_tests.engines.sglang.host.names import names
from stateful_tests.engines.sglang.live.careful import CarefulJournal
from stateful_tests.engines.sglang.live.follow import Follower
from stateful_tests.engines.sglang.live.log import Log

FOLDER = "TURNSTILE_LOGS"
"""The environment variable that says where logs go."""


def run_scheduler_process(*args: Any, **named: Any) -> Any:
    """Run the release's function of this name, and log what its scheduler does."""
    release = import_module("sglang.srt.managers.scheduler")
    followers = follow_schedulers(release.Scheduler, Path(os.environ[FOLDER]))
    try:
        return release.run_scheduler_process(*args, **named)
    finally:
        for follower in followers:
            follower.follow()


def follow_schedulers(scheduler_class: Any, folder: Path) -> list[Follower]:
    """Follow each scheduler that is made from now on; return the list of their followers."""
    followers: list[Follower] = []
    journal = CarefulJournal()
    hooks = Hooks(journal, names())
    make = scheduler_class.__init__

    @wraps(make)
    def made(self: Any, *args: Any, **named: Any) -> None:
        make(self, *args, **named)
        journal.carefully(lambda: follow(self))

    def follow(scheduler: Any) -> None:
        log = Log(folder / f"scheduler-{os.getpid()}-{len(followers)}.jsonl")
        followers.append(Follower(scheduler, journal, hooks, log))

    scheduler_class.__init__ = made
    return followers
