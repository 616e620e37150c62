"""The real scheduler of 0.5.13.post1 to 0.5.18: its parts are objects, its arguments an object.

What is constructed when: `Scheduler.__init__` in srt/managers/scheduler.py (0.5.13.post1 line 296,
0.5.15 line 309, 0.5.18 line 393).
"""

from __future__ import annotations

from types import SimpleNamespace

from sglang.srt.managers import scheduler as release
from sglang.srt.server_args import set_global_server_args_for_scheduler

from stateful_tests.engines.sglang.host.arguments import server_arguments
from stateful_tests.engines.sglang.host.without_model import WithComponents
from stateful_tests.engines.sglang.host.world import World

try:
    from sglang.srt.runtime_context import reset_context
except ImportError:  # 0.5.13.post1 has no such context

    def reset_context() -> None:
        """Forget nothing."""


class HostedScheduler(WithComponents, release.Scheduler):
    """The release's scheduler. Everything that it decides is the release's own code."""

    def __init__(self, world: World) -> None:
        self.prepare(world)
        reset_context()
        args = server_arguments(world)
        set_global_server_args_for_scheduler(args)
        release.Scheduler.__init__(self, args, SimpleNamespace(nccl_port=0), *(0,) * 6, None)
