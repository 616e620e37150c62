"""A turn without output keeps KV of a token that it never said: SGLang 0.5.10.post1.

A turn may ask for no output, to have its prompt computed ahead. Beside others the overlap scheduler
has launched a decode by the time the turn is over, and the slot counts that token as computed. The
next turn goes on from it: its first new token has the KV of another.
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


req = turn("1", [1, 2, 3], 0)
req.init_next_round_input(tree)
batch = ScheduleBatch.init_new([req], rows, pool, tree, model, True, SpeculativeAlgorithm.NONE)
batch.prepare_for_extend()
batch.output_ids = torch.tensor([7])
batch.prepare_for_decode()  # the overlap loop launches this, then reads the last result
req.output_ids.append(7)
req.check_finished()
release_kv_cache(req, tree)
later = turn("2", [8, 9, 10], 1)
later.init_next_round_input(tree)
print("expected: of [1, 2, 3, 8, 9, 10] no more than 3 tokens are computed")
print(f"seen:     of {later.fill_ids} {len(later.prefix_indices)} are")
if len(later.prefix_indices) > 3:
    raise SystemExit("R19: the first new token has the KV of one that was never said")
print("R19: not in this release")
