"""A turn that is put back counts as finished: SGLang 0.5.11 to 0.5.23.

Memory runs short, and a session's turn is put back to wait. The session notes it as its last turn,
finished: a second one is let in beside it, and goes on from half an answer. If the turn is aborted
while it waits, its tokens stay in the history, and a close of the session never completes.
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


def prefill(req):
    adder = PrefillAdder(1, tree, pool, ScheduleBatch(reqs=[]), 1.0, 1000, None)
    req.init_next_round_input(tree)
    adder.add_one_req(req, has_chunked_req=False, truncation_align_size=None)
    made = adder.can_run_list, rows, pool, tree, model, False, None
    batch = ScheduleBatch.init_new(*made)
    batch.prepare_for_extend()
    return batch


first = turn("1", [1, 2, 3])
batch = prefill(first)
first.output_ids.append(7)
batch.release_req(0, 1, args)  # what `retract_decode` does with each turn that it puts back
second = turn("2", [4])
history = list(second.origin_input_ids[:-1])
seen = "let in" if second.to_finish is None else "refused"
print("expected: turn 1 waits again, and turn 2 is refused beside it; nothing is history yet")
print(f"seen:     turn 2 is {seen}, and goes on from {history}: turn 1 has said a part of it")
if seen != "refused":
    raise SystemExit("R15: a turn that was put back counts as finished, and another is let in")
print("R15: not in this release")
