"""A refused turn takes the slot that a first one has just left: SGLang 0.5.11 to 0.5.18.

A second request comes too early: it is refused, by running one token in its place. The first turn
ends and leaves its KV to the session; then the stub ends, and frees that instead of its own.
"""

from array import array
from unittest.mock import Mock

import torch
from sglang.srt.managers import schedule_batch
from sglang.srt.managers.io_struct import SessionParams, TokenizedGenerateReqInput
from sglang.srt.managers.schedule_batch import FINISH_LENGTH, ScheduleBatch
from sglang.srt.managers.schedule_policy import PrefillAdder
from sglang.srt.mem_cache.allocator import TokenToKVPoolAllocator
from sglang.srt.mem_cache.cache_init_params import CacheInitParams
from sglang.srt.mem_cache.common import release_kv_cache
from sglang.srt.mem_cache.memory_pool import ReqToTokenPool
from sglang.srt.mem_cache.unified_radix_cache import ComponentType, UnifiedRadixCache
from sglang.srt.sampling.sampling_params import SamplingParams
from sglang.srt.server_args import ServerArgs, set_global_server_args_for_scheduler
from sglang.srt.session.session_controller import Session

set_global_server_args_for_scheduler(ServerArgs("dummy", attention_backend="torch_native"))
schedule_batch.get_parallel = schedule_batch.get_tensor_model_parallel_rank = Mock()  # for logging
rows = ReqToTokenPool(size=4, max_context_len=32, device="cpu", enable_memory_saver=False)
pool = TokenToKVPoolAllocator(64, torch.float32, "cpu", kvcache=None, need_sort=False)
full = (ComponentType.FULL,)
tree = UnifiedRadixCache(CacheInitParams(False, rows, pool, page_size=1, tree_components=full))
model = Mock(is_encoder_decoder=False, is_matryoshka=False, vocab_size=1000)
keep = {release_kv_cache.__code__.co_varnames[2]: True}  # is_insert; in 0.5.23, checkpoint
session = Session(1000, "chat", streaming=True)


def turn(rid, tokens):
    params = SamplingParams(max_new_tokens=4)
    tokens = array("q", tokens) if hasattr(schedule_batch, "array") else tokens  # since 0.5.13
    said = {"input_text": "", "input_ids": tokens, "mm_inputs": None, "sampling_params": params}
    said |= {"input_embeds": None, "token_type_ids": None, "token_ids_logprob": [], "stream": False}
    said |= {"return_logprob": False, "logprob_start_len": -1, "top_logprobs_num": 0}
    asked = TokenizedGenerateReqInput(rid=rid, session_params=SessionParams(), **said)
    return session.create_req(asked, None, vocab_size=1000)


def prefill(*reqs):
    adder = PrefillAdder(1, tree, pool, ScheduleBatch(reqs=[]), 1.0, 1000, None)
    for req in reqs:
        req.init_next_round_input(tree)
        adder.add_one_req(req, has_chunked_req=False, truncation_align_size=None)
    made = adder.can_run_list, rows, pool, tree, model, False, None
    ScheduleBatch.init_new(*made).prepare_for_extend()


first, second = turn("1", [1, 2, 3]), turn("2", [4])
print("expected: the second turn is refused; once both are over and closed all memory is free")
try:
    prefill(first, second)
except AssertionError as stopped:
    print(f"seen:     the server stops before, for another reason (R12): {stopped}")
else:
    for req, reason in ((first, FINISH_LENGTH(length=1)), (second, second.to_finish)):
        req.output_ids.append(7)
        req.finished_reason = reason
        release_kv_cache(req, tree, **keep)
    tree.release_session("chat")
    lost = 64 - pool.available_size() - tree.evictable_size(), 4 - rows.available_size()
    print("seen:     {} locations and {} rows are lost".format(*lost))
    if any(lost):
        raise SystemExit("R17: a refused turn frees another's row, and loses its own")
print("R17: not in this release")
