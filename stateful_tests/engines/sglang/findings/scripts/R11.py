"""A refused turn ends the one in flight: SGLang 0.5.11 to 0.5.23.

A client sends a second request of a session too early: it is refused, by running one token in its
place. That stub takes the mark off the turn in flight. The next request is let in beside it: two
turns on one row, and the server dies.
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

args = ServerArgs("dummy", page_size=1, attention_backend="torch_native")
set_global_server_args_for_scheduler(args)
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


first = turn("1", [1, 2, 3])
prefill(first)
first.output_ids.append(7)
first.finished_reason = FINISH_LENGTH(length=1)
release_kv_cache(first, tree, **keep)
prefill(turn("2", [4]))  # it runs from now on, and is not finished
third = turn("3", [5])
prefill(third)
fourth = turn("4", [6])
print("expected: the third turn is refused, and so is the fourth: the second still runs")
seen = ["let in" if req.to_finish is None else "refused" for req in (third, fourth)]
print(f"seen:     the third is {seen[0]}, the fourth is {seen[1]}")
if seen != ["refused", "refused"]:
    raise SystemExit("R11: a refused turn has ended the turn in flight: one more is let in")
print("R11: not in this release")
