"""Locations are lost where a turn that was put back goes on: SGLang 0.5.10.post1.

Memory runs short, and a session's turn is put back; its slot keeps all of its KV. When it goes on
it computes the last tokens again, into new locations. What its row listed there before nobody
frees: one location per retract, with the overlap scheduler two ("memory leak detected").
"""

from types import SimpleNamespace

import torch
from sglang.srt.managers.io_struct import SessionParams, TokenizedGenerateReqInput
from sglang.srt.managers.schedule_batch import ScheduleBatch
from sglang.srt.mem_cache.allocator import TokenToKVPoolAllocator
from sglang.srt.mem_cache.cache_init_params import CacheInitParams
from sglang.srt.mem_cache.common import release_kv_cache
from sglang.srt.mem_cache.memory_pool import ReqToTokenPool
from sglang.srt.mem_cache.radix_cache import RadixCache
from sglang.srt.sampling.sampling_params import SamplingParams
from sglang.srt.server_args import ServerArgs, set_global_server_args_for_scheduler
from sglang.srt.speculative.spec_info import SpeculativeAlgorithm

try:
    from sglang.srt.session.session_controller import Session
    from sglang.srt.session.streaming_session import StreamingSession
except ImportError:  # 0.5.10.post1
    from sglang.srt.managers.session_controller import Session
    from sglang.srt.mem_cache.session_aware_cache import SessionAwareCache as StreamingSession

args = ServerArgs("dummy", page_size=1, attention_backend="torch_native")
set_global_server_args_for_scheduler(args)
rows = ReqToTokenPool(size=4, max_context_len=32, device="cpu", enable_memory_saver=False)
pool = TokenToKVPoolAllocator(64, torch.float32, "cpu", kvcache=None, need_sort=False)
tree = StreamingSession(RadixCache(CacheInitParams(False, rows, pool, page_size=1)))
model = SimpleNamespace(is_encoder_decoder=False, is_matryoshka=False, vocab_size=1000)
session = Session(1000, "chat", streaming=True)


def turn(rid, tokens, max_new_tokens):
    params = SamplingParams(max_new_tokens=max_new_tokens)
    params.normalize(None)
    asked = TokenizedGenerateReqInput(
        "", tokens, None, params, False, -1, 0, [], False, session_params=SessionParams(), rid=rid
    )
    return session.create_req(asked, None, vocab_size=1000)


def prefill(req):
    req.init_next_round_input(tree)
    batch = ScheduleBatch.init_new([req], rows, pool, tree, model, True, SpeculativeAlgorithm.NONE)
    batch.prepare_for_extend()
    return batch


req = turn("1", [1, 2, 3], 2)
batch = prefill(req)
batch.output_ids = torch.tensor([7])
batch.prepare_for_decode()  # the overlap loop launches this, then reads the last result
req.output_ids.append(7)
batch.release_req(0, 1, args)  # what `retract_decode` does with each turn that it puts back
prefill(req)
req.output_ids.append(8)
req.check_finished()
release_kv_cache(req, tree)
tree.release_session("chat")
free = pool.available_size() + tree.evictable_size()
print("expected: once the session is closed, 64 of 64 locations are free or in the tree")
print(f"seen:     {free}")
if free != 64:
    raise SystemExit("R16: locations were lost where a turn that was put back went on")
print("R16: not in this release")
