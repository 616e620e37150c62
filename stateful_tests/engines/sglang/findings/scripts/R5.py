"""The abort of a first turn leaves a slot: SGLang 0.5.10.post1.

A client cancels the first turn of a session while it is answered. Its KV stays with the session:
the next turn goes on from the cancelled message and from as much of its answer as there was.
"""

from types import SimpleNamespace

import torch
from sglang.srt.managers.io_struct import SessionParams, TokenizedGenerateReqInput
from sglang.srt.managers.schedule_batch import FINISH_ABORT, ScheduleBatch
from sglang.srt.mem_cache.allocator import TokenToKVPoolAllocator
from sglang.srt.mem_cache.cache_init_params import CacheInitParams
from sglang.srt.mem_cache.common import release_kv_cache
from sglang.srt.mem_cache.memory_pool import ReqToTokenPool
from sglang.srt.mem_cache.radix_cache import RadixCache
from sglang.srt.sampling.sampling_params import SamplingParams
from sglang.srt.server_args import ServerArgs, set_global_server_args_for_scheduler

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


first = turn("1", [1, 2, 3], 4)
first.init_next_round_input(tree)
batch = ScheduleBatch.init_new([first], rows, pool, tree, model, False, None)
batch.prepare_for_extend()
first.output_ids.append(7)
tree.cache_unfinished_req(first)
first.to_finish = FINISH_ABORT()  # as abort_request does to a turn that runs
first.output_ids.append(8)
first.check_finished()
release_kv_cache(first, tree)
kept = [slot.kv_committed_len for slot in tree.slots.values()]
following = turn("2", [9], 4)
print("expected: no slot is left, and the prompt of the next turn is [9]")
print(f"seen:     a slot with {kept} tokens, and the next prompt is {following.origin_input_ids}")
if kept:
    raise SystemExit("R5: the KV of a first turn that was aborted stays with its session")
print("R5: not in this release")
