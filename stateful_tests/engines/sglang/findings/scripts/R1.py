"""An aborted turn takes the history with it: SGLang 0.5.10.post1.

`Session.create_req` forgets the last finished turn as soon as the next one is sent. If that one is
cancelled while it waits, its message stays in the conversation; if it is refused, because it is
too long, the model has forgotten all that was said before.
"""

from types import SimpleNamespace
from unittest.mock import Mock

from sglang.srt.distributed import parallel_state
from sglang.srt.managers.io_struct import AbortReq, SessionParams, TokenizedGenerateReqInput
from sglang.srt.managers.schedule_batch import ScheduleBatch
from sglang.srt.managers.scheduler import Scheduler
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
parallel_state._TP = SimpleNamespace(rank_in_group=0)  # a refusal is logged by rank 0
session = Session(1000, "chat", streaming=True)
tree = StreamingSession(Mock())  # only tokens matter here: no KV is computed


def turn(rid, tokens, max_new_tokens):
    params = SamplingParams(max_new_tokens=max_new_tokens)
    params.normalize(None)
    asked = TokenizedGenerateReqInput(
        "", tokens, None, params, False, -1, 0, [], False, session_params=SessionParams(), rid=rid
    )
    return session.create_req(asked, None, vocab_size=1000)


def history():
    [node] = session.req_nodes.values()
    return node.req.origin_input_ids + node.req.output_ids


first = turn("1", [1, 2, 3], 1)
first.output_ids.append(7)
first.check_finished()
tree.cache_finished_req(first)

queue = [turn("2", [8], 1)]
parts = {"waiting_queue": queue, "running_batch": ScheduleBatch(reqs=[]), "cur_batch": None}
Scheduler.abort_request(Mock(**parts, enable_hicache_storage=False), AbortReq(rid="2"))
cancelled = history()
turn("3", [9], 1).set_finish_with_abort("too long")  # as handle_generate_request does
refused = history()
print("expected: after a turn that was cancelled, or refused, the history is still [1, 2, 3, 7]")
print(f"seen:     {cancelled} after a cancelled one, {refused} after a refused one")
if [cancelled, refused] != [[1, 2, 3, 7], [1, 2, 3, 7]]:
    raise SystemExit("R1: an aborted turn has replaced the history of its session")
print("R1: not in this release")
