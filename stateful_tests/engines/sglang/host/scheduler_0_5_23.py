"""The real scheduler of 0.5.23: its arguments are published in a context, with its groups.

What is constructed when: `Scheduler.__init__` in srt/managers/scheduler.py, line 465.
"""

from __future__ import annotations

from types import SimpleNamespace

from sglang.srt.managers import scheduler as release
from sglang.srt.runtime_context import SpawnRanks, get_parallel, publish, reset_context

from stateful_tests.engines.sglang.host.arguments import server_arguments_unresolved
from stateful_tests.engines.sglang.host.without_model import ALONE, GROUPS, WithComponents
from stateful_tests.engines.sglang.host.world import World


class HostedScheduler(WithComponents, release.Scheduler):
    """The release's scheduler. Everything that it decides is the release's own code."""

    def __init__(self, world: World) -> None:
        self.prepare(world)
        vars(release)["bootstrap"] = SimpleNamespace(
            init_parallel_runtime=lambda **_named: None, init_layer_runtime=lambda **_named: None
        )
        reset_context()
        args = server_arguments_unresolved(world)
        publish(args, role="scheduler", ranks=SpawnRanks(world_rank=0, gpu_id=0, dp_rank=None))
        get_parallel().override_permanently(**dict.fromkeys(GROUPS, ALONE))
        release.Scheduler.__init__(self, args, SimpleNamespace(nccl_port=0))
