"""Idle sessions hold all memory, and others wait for ever: SGLang 0.5.10.post1 to 0.5.23.

An open session keeps the KV of its turns while nobody uses it. A turn of another session that does
not fit beside it waits as long as the idle one is open; its client is told nothing.
"""

from array import array
from unittest.mock import Mock

import torch
from sglang.srt.managers import schedule_batch
from sglang.srt.managers.schedule_batch import FINISH_LENGTH, Req, ScheduleBatch
from sglang.srt.managers.schedule_policy import PrefillAdder
from sglang.srt.mem_cache.allocator import TokenToKVPoolAllocator
from sglang.srt.mem_cache.cache_init_params import CacheInitParams
from sglang.srt.mem_cache.common import release_kv_cache
from sglang.srt.mem_cache.memory_pool import ReqToTokenPool
from sglang.srt.mem_cache.radix_cache import RadixCache
from sglang.srt.sampling.sampling_params import SamplingParams
from sglang.srt.server_args import ServerArgs, set_global_server_args_for_scheduler

try:
    from sglang.srt.mem_cache.unified_radix_cache import ComponentType, UnifiedRadixCache
    from sglang.srt.session.session_controller import Session
except ImportError:
    UnifiedRadixCache = None  # 0.5.10.post1
    from sglang.srt.managers.session_controller import Session
    from sglang.srt.mem_cache.session_aware_cache import SessionAwareCache

args = ServerArgs("dummy", page_size=1, attention_backend="torch_native")
set_global_server_args_for_scheduler(args)
rows = ReqToTokenPool(size=4, max_context_len=32, device="cpu", enable_memory_saver=False)
pool = TokenToKVPoolAllocator(16, torch.float32, "cpu", kvcache=None, need_sort=False)
made = CacheInitParams(False, rows, pool, page_size=1)
if UnifiedRadixCache:
    made.tree_components = (ComponentType.FULL,)
    tree = UnifiedRadixCache(made)
else:  # 0.5.10.post1
    tree = SessionAwareCache(RadixCache(made))
model = Mock(is_encoder_decoder=False, is_matryoshka=False, vocab_size=1000)
keep = {release_kv_cache.__code__.co_varnames[2]: True}  # is_insert; in 0.5.23, checkpoint


def turn(name, tokens):
    tokens = array("q", tokens) if hasattr(schedule_batch, "array") else list(tokens)
    params, session = SamplingParams(max_new_tokens=4), Session(1000, name, streaming=True)
    return Req(name, "", tokens, params, session=session, vocab_size=1000)


def admitted(req):
    adder = PrefillAdder(1, tree, pool, ScheduleBatch(reqs=[]), 1.0, 1000, None)
    req.init_next_round_input(tree)
    adder.add_one_req(req, has_chunked_req=False, truncation_align_size=None)
    return adder.can_run_list  # what the next batch is made of


idle, other = turn("idle", range(8)), turn("other", range(10, 18))
batch = ScheduleBatch.init_new(admitted(idle), rows, pool, tree, model, False, None)
batch.prepare_for_extend()
idle.output_ids.append(9)
idle.finished_reason = FINISH_LENGTH(length=1)
release_kv_cache(idle, tree, **keep)
free, before = pool.available_size(), bool(admitted(other))
tree.release_session("idle")
print(f"expected: a turn of 8 + 4 tokens is admitted: {free} of 16 are free, the rest is not used")
print(f"seen:     admitted: {before}; once the idle session is closed: {bool(admitted(other))}")
if not before:
    raise SystemExit("R14: an idle session keeps memory that another turn needs")
print("R14: not in this release")
