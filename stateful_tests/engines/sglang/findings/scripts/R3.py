"""A close frees row and KV under the running turn: SGLang 0.5.10.post1.

A client closes a session while a turn of it is answered. Row and KV go back to the pools at once,
and the running turn still reads and writes them: the next request gets the same ones.
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

try:
    from sglang.srt.session.session_controller import Session, SessionController
    from sglang.srt.session.streaming_session import StreamingSession
except ImportError:  # 0.5.10.post1
    from sglang.srt.managers.session_controller import Session, SessionController
    from sglang.srt.mem_cache.session_aware_cache import SessionAwareCache as StreamingSession

args = ServerArgs("dummy", page_size=1, attention_backend="torch_native")
set_global_server_args_for_scheduler(args)
rows = ReqToTokenPool(size=4, max_context_len=32, device="cpu", enable_memory_saver=False)
pool = TokenToKVPoolAllocator(64, torch.float32, "cpu", kvcache=None, need_sort=False)
tree = StreamingSession(RadixCache(CacheInitParams(False, rows, pool, page_size=1)))
model = SimpleNamespace(is_encoder_decoder=False, is_matryoshka=False, vocab_size=1000)
sessions = SessionController(tree)
session = sessions.sessions["chat"] = Session(1000, "chat", streaming=True)


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


first = turn("1", [1, 2, 3], 1)
prefill(first, 7)
release_kv_cache(first, tree)
second = turn("2", [8], 4)
prefill(second, 9)
sessions._close("chat")
row = second.req_pool_idx
held = rows.req_to_token[row, : second.kv_committed_len].tolist()
freed = sorted(set(held) & set(pool.free_pages.tolist()))
print(f"expected: row {row} of the turn that runs, and its KV at {held}, are not free")
print(f"seen:     free rows {rows.free_slots}, free of that KV {freed}")
if row in rows.free_slots or freed:
    raise SystemExit("R3: a close has freed row and KV of a turn that runs")
print("R3: not in this release")
