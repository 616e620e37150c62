"""What vLLM's scheduler is made with."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch
from vllm.config import CacheConfig, ObservabilityConfig, ParallelConfig, SchedulerConfig
from vllm.sampling_params import SamplingParams
from vllm.utils.hashing import get_hash_fn_by_name
from vllm.v1.core.kv_cache_utils import get_block_hash, get_request_block_hasher, init_none_hash
from vllm.v1.core.sched.async_scheduler import AsyncScheduler
from vllm.v1.core.sched.scheduler import Scheduler
from vllm.v1.kv_cache_interface import FullAttentionSpec, KVCacheConfig, KVCacheGroupSpec
from vllm.v1.request import Request, RequestStatus

from stateful_tests.engines.blocks.world import World

ABORTED = RequestStatus.FINISHED_ABORTED
HASH = get_hash_fn_by_name("sha256")
init_none_hash(HASH)

__all__ = ["ABORTED", "get_block_hash", "make_hasher", "make_request", "make_scheduler"]


def make_hasher(world: World) -> Callable[[Request], list[Any]]:
    """Return what computes the hashes of a request's blocks."""
    hasher: Callable[[Request], list[Any]] = get_request_block_hasher(world.page_size, HASH)
    return hasher


def make_request(
    rid: str,
    tokens: list[int],
    max_new: int,
    salt: str | None,
    hasher: Callable[[Request], list[Any]],
) -> Request:
    """Return a request as its engine core makes one."""
    params = SamplingParams(max_tokens=max_new, ignore_eos=True)
    return Request(rid, tokens, params, None, cache_salt=salt, block_hasher=hasher)


def make_scheduler(world: World) -> Scheduler:
    """Return its scheduler for one layer of full attention on one device."""
    num_blocks = world.num_pages + 1
    cache = CacheConfig(block_size=world.page_size, enable_prefix_caching=True)
    cache.num_gpu_blocks = num_blocks
    layer = FullAttentionSpec(
        block_size=world.page_size, num_kv_heads=1, head_size=1, dtype=torch.float32
    )
    kinds = KVCacheConfig(num_blocks, [], [KVCacheGroupSpec(["layer"], layer)])
    make = AsyncScheduler if world.overlap else Scheduler
    grammars = SimpleNamespace(accept_tokens=lambda *_: True)  # nobody asks for one
    return make(_config(world, cache), kinds, grammars, world.page_size)


def _config(world: World, cache: CacheConfig) -> Any:
    """Return its configuration: the parts are its own, with its own defaults, and no model's."""
    scheduling = SchedulerConfig(
        max_model_len=world.context_len,
        is_encoder_decoder=False,
        max_num_seqs=world.rows,
        max_num_batched_tokens=world.token_budget,
        enable_chunked_prefill=True,
        async_scheduling=world.overlap,
    )
    model = SimpleNamespace(
        max_model_len=world.context_len,
        runner_type="generate",
        uses_mrope=False,
        is_encoder_decoder=False,
        is_diffusion=False,
        supports_multimodal_inputs=False,
        return_sampling_mask=False,
    )
    manager = SimpleNamespace(get_encoder_cache_manager_obj=lambda: None)
    absent = dict.fromkeys(
        ("lora", "kv_events", "kv_transfer", "ec_transfer", "speculative", "structured_outputs")
    )
    return SimpleNamespace(
        **{f"{name}_config": None for name in absent},
        model_config=model,
        scheduler_config=scheduling,
        cache_config=cache,
        parallel_config=ParallelConfig(),
        observability_config=ObservabilityConfig(),
        ec_manager_config=manager,
        aux_output_config=SimpleNamespace(enabled=False),
        is_mm_encoder_only=False,
        use_v2_model_runner=False,
        max_concurrent_batches=2 if world.overlap else 1,
        max_in_flight_tokens=world.token_budget * (2 if world.overlap else 1),
        num_speculative_tokens=0,
        num_lookahead_tokens=0,
        num_prefill_lookahead_tokens=0,
        num_hash_lookahead_tokens=0,
    )
