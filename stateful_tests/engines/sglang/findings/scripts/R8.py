"""A namespace is dropped where a session's turn is created: SGLang 0.5.10.post1.

Requests with different extra keys (or salts) must not share KV. `Session.create_req` passes no
extra key on, so a turn is answered with KV that was computed for another tenant.
"""

from types import SimpleNamespace

import torch
from sglang.srt.managers.io_struct import SessionParams, TokenizedGenerateReqInput
from sglang.srt.managers.schedule_batch import ScheduleBatch
from sglang.srt.mem_cache.allocator import TokenToKVPoolAllocator
from sglang.srt.mem_cache.cache_init_params import CacheInitParams
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


def turn(tokens, extra_key):
    params = SamplingParams(max_new_tokens=4)
    params.normalize(None)
    asked = TokenizedGenerateReqInput(
        "",
        tokens,
        None,
        params,
        False,
        -1,
        0,
        [],
        False,
        session_params=SessionParams(),
        extra_key=extra_key,
    )
    session = Session(1000, extra_key, streaming=True)
    return session.create_req(asked, None, vocab_size=1000)


one = turn([1, 2, 3], "tenant one")
one.init_next_round_input(tree)
ScheduleBatch.init_new([one], rows, pool, tree, model, False, None).prepare_for_extend()
tree.cache_unfinished_req(one)  # its prompt is in the tree now
other = turn([1, 2, 3, 4], "tenant other")
other.init_next_round_input(tree)
print("expected: tenant other finds 0 tokens of tenant one, and keeps its key")
print(f"seen:     finds {len(other.prefix_indices)} tokens, and its key is {other.extra_key}")
if len(other.prefix_indices):
    raise SystemExit("R8: a session's turn is answered with KV of another namespace")
print("R8: not in this release")
