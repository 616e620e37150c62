"""Idle sessions hold all rows, and their own next turns wait for ever: SGLang 0.5.12 to 0.5.23.

Each open session keeps a row between its turns. Where no row is free the scheduler looks at no
request, not even at one whose session has a row: nobody is answered any more.
"""

from array import array
from unittest.mock import Mock

import torch
from sglang.srt.managers import schedule_batch
from sglang.srt.managers.schedule_batch import FINISH_LENGTH, Req, ScheduleBatch
from sglang.srt.managers.scheduler import Scheduler
from sglang.srt.mem_cache.allocator import TokenToKVPoolAllocator
from sglang.srt.mem_cache.cache_init_params import CacheInitParams
from sglang.srt.mem_cache.common import release_kv_cache
from sglang.srt.mem_cache.memory_pool import ReqToTokenPool
from sglang.srt.mem_cache.unified_radix_cache import ComponentType, UnifiedRadixCache
from sglang.srt.sampling.sampling_params import SamplingParams
from sglang.srt.server_args import ServerArgs, set_global_server_args_for_scheduler
from sglang.srt.session.session_controller import Session


class Off(int):
    """What is not set below: 0, false, and callable to no effect."""

    __getattr__ = __call__ = lambda *_, **__: Off()


args = ServerArgs("dummy", page_size=1, attention_backend="torch_native", pp_max_micro_batch_size=2)
set_global_server_args_for_scheduler(args)
rows = ReqToTokenPool(size=2, max_context_len=32, device="cpu", enable_memory_saver=False)
pool = TokenToKVPoolAllocator(64, torch.float32, "cpu", kvcache=None, need_sort=False)
full = (ComponentType.FULL,)
tree = UnifiedRadixCache(CacheInitParams(False, rows, pool, page_size=1, tree_components=full))
keep = {release_kv_cache.__code__.co_varnames[2]: True}  # is_insert; in 0.5.23, checkpoint
Scheduler.__getattr__ = Off.__getattr__
scheduler = Scheduler.__new__(Scheduler)  # its constructor needs a model
parts = {"chunked_req": None, "chunked_prefill_size": None, "dllm_config": None, "page_size": 1}
parts |= {"tree_cache": tree, "req_to_token_pool": rows, "token_to_kv_pool_allocator": pool}
parts |= {"running_batch": ScheduleBatch(reqs=[]), "server_args": args, "max_prefill_tokens": 1000}
parts |= {"model_config": Mock(is_encoder_decoder=False, is_matryoshka=False, vocab_size=1000)}
vars(scheduler).update(parts)
takes = Scheduler.get_new_batch_prefill.__code__.co_argcount - 1  # the running batch, or nothing


def answered(session, tokens):
    tokens = array("q", tokens) if hasattr(schedule_batch, "array") else tokens  # since 0.5.13
    req = Req("1", "", tokens, SamplingParams(max_new_tokens=1), session=session, vocab_size=1000)
    scheduler.waiting_queue = [req]
    scheduler.get_new_batch_prefill(*[scheduler.running_batch] * takes)
    if scheduler.waiting_queue:
        return False
    req.output_ids.append(7)
    req.finished_reason = FINISH_LENGTH(length=1)
    release_kv_cache(req, tree, **keep)
    return True


one, two = Session(1000, "one", streaming=True), Session(1000, "two", streaming=True)
assert answered(one, [1, 2, 3])
assert answered(two, [4, 5, 6])
free, before = rows.available_size(), answered(one, [1, 2, 3, 7, 8])
tree.release_session("two")
after = answered(one, [1, 2, 3, 7, 8])  # up to 0.5.18 nobody is: R18
print("expected: the next turn of session one is answered, since it needs no other row")
print(f"seen:     answered while {free} rows are free: {before}; once two is closed: {after}")
if not before:
    raise SystemExit("R13: a session's next turn waits where idle sessions hold all rows")
print("R13: not in this release")
