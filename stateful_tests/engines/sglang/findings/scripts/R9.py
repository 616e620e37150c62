"""Idle sessions hold all rows, and the next one stops the server: SGLang 0.5.10.post1 to 0.5.11.

Each open session keeps a row between its turns. The scheduler asks how many requests run, not how
many rows are free: once more sessions are open than there are rows, the next turn is admitted,
finds no row, and the server stops.
"""

from unittest.mock import Mock

import torch
from sglang.srt.managers.schedule_batch import FINISH_LENGTH, Req, ScheduleBatch
from sglang.srt.managers.scheduler import Scheduler
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

args = ServerArgs("dummy", page_size=1, attention_backend="torch_native", pp_max_micro_batch_size=2)
set_global_server_args_for_scheduler(args)
rows = ReqToTokenPool(size=2, max_context_len=32, device="cpu", enable_memory_saver=False)
pool = TokenToKVPoolAllocator(64, torch.float32, "cpu", kvcache=None, need_sort=False)
tree = StreamingSession(RadixCache(CacheInitParams(False, rows, pool, page_size=1)))
model = Mock(is_encoder_decoder=False, is_matryoshka=False, vocab_size=1000)


def run(name):
    session, params = Session(1000, name, streaming=True), SamplingParams(max_new_tokens=1)
    req = Req(name, "", [1, 2, 3], params, session=session)
    req.init_next_round_input(tree)
    ScheduleBatch.init_new([req], rows, pool, tree, model, False, None).prepare_for_extend()
    req.output_ids.append(7)
    req.finished_reason = FINISH_LENGTH(length=1)
    release_kv_cache(req, tree)


run("one")
run("two")
admitted = Scheduler.get_num_allocatable_reqs(Mock(pp_size=1, req_to_token_pool=rows), running_bs=0)
print(f"expected: {rows.available_size()} rows are free, so many turns are admitted")
print(f"seen:     {admitted} are admitted")
if admitted:
    try:
        run("three")
    except RuntimeError as error:
        print(f"          RuntimeError: {str(error)[:70]}")
        raise SystemExit("R9: a turn is admitted where idle sessions hold all rows") from error
print("R9: not in this release")
