"""The real scheduler of 0.5.10.post1 to 0.5.12: one class with mixins.

What is constructed when: `Scheduler.__init__` in srt/managers/scheduler.py (0.5.10.post1 line 288,
0.5.11 line 338, 0.5.12 line 340).
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from sglang.srt.managers import scheduler as release
from sglang.srt.server_args import set_global_server_args_for_scheduler

from stateful_tests.engines.sglang.host.arguments import server_arguments
from stateful_tests.engines.sglang.host.without_model import WithoutModel
from stateful_tests.engines.sglang.host.world import World


class HostedScheduler(WithoutModel, release.Scheduler):
    """The release's scheduler. Everything that it decides is the release's own code."""

    def __init__(self, world: World) -> None:
        self.prepare(world)
        args = server_arguments(world)
        set_global_server_args_for_scheduler(args)
        release.Scheduler.__init__(self, args, SimpleNamespace(nccl_port=0), *(0,) * 6, None)

    def recv_requests(self) -> Sequence[Any]:
        """Return no requests, or leave the loop."""
        return self.fetch()

    def init_ipc_channels(self, *_ports: Any) -> None:
        """Record instead of sending."""
        self.idle_sleeper = self.recv_from_tokenizer = self.recv_from_rpc = None
        self.send_to_tokenizer = self.send_to_detokenizer = self.recorder

    def init_profiler(self) -> None:
        """Profile nothing."""

    def _profile_batch_predicate(self, _batch: Any) -> None:
        """Profile nothing."""

    def session_held(self) -> int:
        """Return how many tokens slots hold that no turn uses, as the release counts."""
        return int(self._session_held_tokens())

    def check_idle(self) -> None:
        """Let the release look for leaks as it does when nothing runs. Raises ValueError."""
        getattr(self, "on_idle" if hasattr(self, "on_idle") else "self_check_during_idle")()
