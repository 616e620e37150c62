"""A refused turn beside a first one stops the server: SGLang 0.5.23.

A client sends a second request of a session while the first waits: it is refused, by running one
token in its place. Both run in one batch, both take the session's slot, and the second time an
assertion stops the server.
"""

from array import array
from unittest.mock import Mock

import torch
from sglang.srt.managers import schedule_batch
from sglang.srt.managers.io_struct import SessionParams, TokenizedGenerateReqInput
from sglang.srt.managers.schedule_batch import ScheduleBatch
from sglang.srt.managers.schedule_policy import PrefillAdder
from sglang.srt.mem_cache.allocator import TokenToKVPoolAllocator
from sglang.srt.mem_cache.cache_init_params import CacheInitParams
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
print("expected: the second turn is refused, and a batch of both is prepared")
print(f"seen:     the second turn is {'refused' if second.to_finish else 'let in'}, ", end="")
try:
    prefill(first, second)
except AssertionError as error:
    print(f"AssertionError: {error}")
    raise SystemExit("R12: a refused turn beside a first one stops the server") from error
print("and a batch of both is prepared")
print("R12: not in this release")
