"""A cancelled turn is put back, and computed again: SGLang 0.5.10.post1 to 0.5.23.

A client cancels a turn that runs, and memory runs short before the scheduler ends it. It is put
back to wait like any other: its prompt is computed once more before its client is told of the end.
"""

from array import array
from inspect import signature
from unittest.mock import Mock

import torch
from sglang.srt.managers import schedule_batch
from sglang.srt.managers.schedule_batch import FINISH_ABORT, Req, ScheduleBatch
from sglang.srt.managers.schedule_policy import PrefillAdder
from sglang.srt.mem_cache.allocator import TokenToKVPoolAllocator
from sglang.srt.mem_cache.cache_init_params import CacheInitParams
from sglang.srt.mem_cache.memory_pool import ReqToTokenPool
from sglang.srt.mem_cache.radix_cache import RadixCache
from sglang.srt.sampling.sampling_params import SamplingParams
from sglang.srt.server_args import ServerArgs, set_global_server_args_for_scheduler
from sglang.srt.speculative.spec_info import SpeculativeAlgorithm

try:
    from sglang.srt.mem_cache.unified_radix_cache import ComponentType, UnifiedRadixCache
except ImportError:
    UnifiedRadixCache = None  # 0.5.10.post1

args = ServerArgs("dummy", page_size=1, attention_backend="torch_native")
set_global_server_args_for_scheduler(args)
schedule_batch.get_parallel = schedule_batch.get_tensor_model_parallel_rank = Mock()  # for logging
rows = ReqToTokenPool(size=4, max_context_len=32, device="cpu", enable_memory_saver=False)
pool = TokenToKVPoolAllocator(64, torch.float32, "cpu", kvcache=None, need_sort=False)
made = CacheInitParams(False, rows, pool, page_size=1)
if UnifiedRadixCache:
    made.tree_components = (ComponentType.FULL,)
tree = UnifiedRadixCache(made) if UnifiedRadixCache else RadixCache(made)
model = Mock(is_encoder_decoder=False, is_matryoshka=False, vocab_size=1000)


def request(name, tokens):
    tokens = array("q", tokens) if hasattr(schedule_batch, "array") else list(tokens)
    return Req(name, "", tokens, SamplingParams(max_new_tokens=4), vocab_size=1000)


kept, cancelled = request("kept", range(7)), request("cancelled", range(10, 19))
adder = PrefillAdder(1, tree, pool, ScheduleBatch(reqs=[]), 0.1, 1000, None)
for req in (kept, cancelled):
    req.init_next_round_input(tree)
    adder.add_one_req(req, has_chunked_req=False, truncation_align_size=None)
reqs = adder.can_run_list
batch = ScheduleBatch.init_new(
    reqs, rows, pool, tree, model, False, SpeculativeAlgorithm.from_string(None)
)
batch.prepare_for_extend()
for req in reqs:
    req.output_ids.append(9)
pool.alloc(pool.available_size() - 1)  # others have the rest: one location for two turns
cancelled.to_finish = FINISH_ABORT("cancelled by its client")  # what an abort does
waits_again = batch.retract_decode(*[args][: len(signature(batch.retract_decode).parameters)])[0]
print("expected: the cancelled turn ends, and does not wait again")
print(f"seen:     waits again: {[req.rid for req in waits_again]}")
if cancelled in waits_again:
    raise SystemExit("R20: a cancelled turn was put back, and is computed again")
print("R20: not in this release")
