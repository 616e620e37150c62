"""A turn that is too long saves its stub into the slot: SGLang 0.5.10.post1.

A prompt that is too long is refused by running one token in its place. That stub is lent the
session's row, writes over it, and leaves its own length there: the KV of the conversation is lost
to the session and to the pool ("memory leak detected").
"""

from types import SimpleNamespace

import torch
from sglang.srt.distributed import parallel_state
from sglang.srt.managers.io_struct import SessionParams, TokenizedGenerateReqInput
from sglang.srt.managers.schedule_batch import ScheduleBatch
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
parallel_state._TP = SimpleNamespace(rank_in_group=0)  # a refusal is logged by rank 0
session = Session(1000, "chat", streaming=True)


def turn(rid, tokens, max_new_tokens):
    params = SamplingParams(max_new_tokens=max_new_tokens)
    params.normalize(None)
    asked = TokenizedGenerateReqInput(
        "", tokens, None, params, False, -1, 0, [], False, session_params=SessionParams(), rid=rid
    )
    return session.create_req(asked, None, vocab_size=1000)


def prefill(req, token):
    req.init_next_round_input(tree)
    batch = ScheduleBatch.init_new([req], rows, pool, tree, model, False, None)
    batch.prepare_for_extend()
    req.output_ids.append(token)
    req.check_finished()
    release_kv_cache(req, tree)


prefill(turn("1", [1, 2, 3], 1), 7)
second = turn("2", [8] * 20, 1)
second.set_finish_with_abort("too long")  # as handle_generate_request does
prefill(second, 9)
tree.release_session("chat")
free = pool.available_size() + tree.evictable_size()
print("expected: once the session is closed, 64 of 64 locations are free or in the tree")
print(f"seen:     {free}")
if free != 64:
    raise SystemExit("R4: a turn that was too long has lost the KV of its session")
print("R4: not in this release")
