"""What every release's scheduler is constructed without: model, sockets, groups, watchdogs."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import torch
from sglang.srt.distributed import parallel_state

from stateful_tests.engines.sglang.host.arguments import model_configuration
from stateful_tests.engines.sglang.host.iteration import OneIteration
from stateful_tests.engines.sglang.host.pools import allocator_of, rows_of
from stateful_tests.engines.sglang.host.recorder import Answer, Recorder
from stateful_tests.engines.sglang.host.worker import Worker
from stateful_tests.engines.sglang.host.world import World

ALONE = SimpleNamespace(
    cpu_group=None,
    device="cpu",
    first_rank=0,
    is_first_rank=True,
    rank=0,
    rank_in_group=0,
    ranks=[0],
    world_size=1,
)
"""A process group of one."""

GROUPS = ("tp_group", "attn_tp_group", "attn_cp_group", "pp_group", "world_group")


class WithoutModel(OneIteration):
    """The methods of `Scheduler.__init__` that reach out of the scheduler, replaced."""

    def prepare(self, world: World) -> None:
        """Set what the release's own construction already needs."""
        OneIteration.__init__(self)
        vars(parallel_state)["_TP"] = ALONE  # the first of a group logs why a request is refused
        self.world = world
        self.answers: list[Answer] = []
        self.recorder = Recorder(self.answers)
        os.environ["SGLANG_ENABLE_STRICT_MEM_CHECK_DURING_BUSY"] = "0"
        os.environ["SGLANG_ENABLE_UNIFIED_RADIX_TREE"] = str(int(world.unified))
        core = "rust" if world.rust_core else "python"
        os.environ["SGLANG_UNIFIED_RADIX_TREE_CORE_BACKEND"] = core

    def init_model_config(self) -> None:
        """Describe the stand-in model."""
        self.model_config = model_configuration(self.world)
        self.dllm_config = None

    def init_tokenizer(self) -> None:
        """Have none: clients send and get token ids."""
        self.is_generation = True
        self.tokenizer = self.processor = self._mm_processor = self._think_end_id = None

    def init_mamba_backend(self) -> None:
        """Have no recurrent layers."""

    def init_moe_gemm_config(self) -> None:
        """Have no matrix products."""
        self.require_mlp_sync = False

    def init_model_worker(self) -> None:
        """Let a stand-in compute."""
        world = self.world
        rows, allocator = rows_of(world), allocator_of(world)
        self.tp_worker = self.model_worker = Worker(self.model_config, rows, allocator)
        self.draft_worker = self.external_corpus_manager = self.min_free_slots_delayer = None
        self._war_barrier_enabled = False
        self.kv_cache_allocation_time = self.startup_available_gpu_memory_gb = 0.0
        self.max_total_num_tokens = world.pool_size
        self.max_prefill_tokens = world.max_prefill_tokens
        self.max_running_requests = world.rows
        self.max_queued_requests = world.queue_limit
        self.max_req_len = world.max_req_len
        self.max_req_input_len = world.max_req_input_len
        self.random_seed, self.device = 0, "cpu"
        self.forward_stream, self.schedule_stream = torch.cpu.Stream(), torch.cpu.Stream()
        for group in (*GROUPS, "dp_tp_group"):
            setattr(self, group, ALONE)
        self.tp_cpu_group = self.attn_tp_cpu_group = self.attn_cp_cpu_group = None
        self.dp_tp_cpu_group = self.pad_input_ids_func = None

    def init_watch_dog_memory_saver_input_blocker(self) -> None:
        """Watch, save and block nothing."""
        self.watchdog = self.memory_saver_adapter = None
        self.recv_skipper = self.input_blocker = None
        self.offload_tags: set[str] = set()

    def init_startup_timing_summary(self) -> None:
        """Time nothing."""

    def maybe_sleep_on_idle(self) -> None:
        """Sleep never."""


class WithComponents(WithoutModel):
    """What the schedulers since 0.5.13 share: sockets, fetching and checks are objects."""

    pool_stats_observer: Any
    invariant_checker: Any
    on_idle: Any

    def init_ipc_channels(self, *_ports: Any) -> None:
        """Record instead of sending."""
        self.ipc_channels = SimpleNamespace(
            recv_from_rpc=None,
            recv_from_tokenizer=None,
            send_metrics_from_scheduler=None,
            send_to_detokenizer=self.recorder,
            send_to_tokenizer=self.recorder,
        )
        self.recv_from_tokenizer = self.load_snapshot_writer = None

    def init_request_receiver(self) -> None:
        """Fetch from nowhere."""
        self.request_receiver = SimpleNamespace(recv_requests=self.fetch)

    def session_held(self) -> int:
        """Return how many tokens slots hold, lent or not, as the release counts."""
        return int(self.pool_stats_observer.session_held_tokens())

    def check_idle(self) -> None:
        """Let the release look for leaks as it does when nothing runs. Raises ValueError."""
        self.on_idle()

    def check_busy(self) -> None:
        """Let the release look for leaks while something runs. Raises AssertionError."""
        self.invariant_checker.self_check_during_busy()
