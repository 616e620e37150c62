"""Who had to wait for room waits for ever: SGLang 0.5.10.post1 to 0.5.18.

A request that does not fit makes the scheduler note that the batch is full, though nothing runs.
Only a request that leaves the batch clears that note; so nobody is looked at again, even when all
memory is free.
"""

from array import array
from unittest.mock import Mock

import torch
from sglang.srt.managers import schedule_batch
from sglang.srt.managers.schedule_batch import Req, ScheduleBatch
from sglang.srt.managers.scheduler import Scheduler
from sglang.srt.mem_cache.allocator import TokenToKVPoolAllocator
from sglang.srt.mem_cache.cache_init_params import CacheInitParams
from sglang.srt.mem_cache.memory_pool import ReqToTokenPool
from sglang.srt.mem_cache.radix_cache import RadixCache
from sglang.srt.sampling.sampling_params import SamplingParams
from sglang.srt.server_args import ServerArgs, set_global_server_args_for_scheduler

try:
    from sglang.srt.mem_cache.unified_radix_cache import ComponentType, UnifiedRadixCache
except ImportError:
    UnifiedRadixCache = None  # 0.5.10.post1


class Off(int):
    """What is not set below: 0, false, and callable to no effect."""

    __getattr__ = __call__ = lambda *_, **__: Off()


args = ServerArgs("dummy", page_size=1, attention_backend="torch_native", pp_max_micro_batch_size=4)
set_global_server_args_for_scheduler(args)
rows = ReqToTokenPool(size=4, max_context_len=32, device="cpu", enable_memory_saver=False)
pool = TokenToKVPoolAllocator(16, torch.float32, "cpu", kvcache=None, need_sort=False)
made = CacheInitParams(False, rows, pool, page_size=1)
if UnifiedRadixCache:
    made.tree_components = (ComponentType.FULL,)
tree = (UnifiedRadixCache or RadixCache)(made)
Scheduler.__getattr__ = Off.__getattr__
scheduler = Scheduler.__new__(Scheduler)  # its constructor needs a model
parts = {"chunked_req": None, "chunked_prefill_size": None, "dllm_config": None, "page_size": 1}
parts |= {"tree_cache": tree, "req_to_token_pool": rows, "token_to_kv_pool_allocator": pool}
parts |= {"running_batch": ScheduleBatch(reqs=[]), "server_args": args, "max_prefill_tokens": 1000}
parts |= {"model_config": Mock(is_encoder_decoder=False, is_matryoshka=False, vocab_size=1000)}
vars(scheduler).update(parts, max_running_requests=4)
takes = Scheduler.get_new_batch_prefill.__code__.co_argcount - 1  # the running batch, or nothing


def runs(tokens):
    tokens = array("q", tokens) if hasattr(schedule_batch, "array") else list(tokens)
    req = Req("1", "", tokens, SamplingParams(max_new_tokens=1), vocab_size=1000)
    scheduler.waiting_queue = [req]
    scheduler.get_new_batch_prefill(*[scheduler.running_batch] * takes)
    return not scheduler.waiting_queue


held = pool.alloc(10)  # as idle sessions hold theirs
before = runs(range(10))
pool.free(held)  # as when they are closed
free, after = pool.available_size(), runs([1])
print("expected: once all memory is free a request of one token runs")
print(
    f"seen:     10 tokens run beside what is held: {before}; 1 token where {free} are free: {after}"
)
if not after:
    raise SystemExit("R18: the batch of nobody counts as full for ever")
print("R18: not in this release")
