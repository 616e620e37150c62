"""Nothing stops a second turn while one runs: SGLang 0.5.10.post1.

A client that sends its next message before the last one is answered is not refused. Both turns run
on the session's one row, the second one without the answer to the first.
"""

from types import SimpleNamespace

from sglang.srt.distributed import parallel_state
from sglang.srt.managers.io_struct import SessionParams, TokenizedGenerateReqInput
from sglang.srt.sampling.sampling_params import SamplingParams

try:
    from sglang.srt.session.session_controller import Session
except ImportError:  # 0.5.10.post1
    from sglang.srt.managers.session_controller import Session

parallel_state._TP = SimpleNamespace(rank_in_group=0)  # a refusal is logged by rank 0
session = Session(1000, "chat", streaming=True)


def turn(rid, tokens, max_new_tokens):
    params = SamplingParams(max_new_tokens=max_new_tokens)
    params.normalize(None)
    asked = TokenizedGenerateReqInput(
        "", tokens, None, params, False, -1, 0, [], False, session_params=SessionParams(), rid=rid
    )
    return session.create_req(asked, None, vocab_size=1000)


first = turn("1", [1, 2, 3], 4)
second = turn("2", [8], 4)
print("expected: the second turn is refused, since the first one has not been answered")
seen = "refused" if second.to_finish else f"let in, with the prompt {second.origin_input_ids}"
print(f"seen:     the second turn is {seen}")
if second.to_finish is None:
    raise SystemExit("R2: a session lets a second turn in while one is in flight")
print("R2: not in this release")
