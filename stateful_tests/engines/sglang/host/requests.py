"""What a client asks, as the release's own request objects."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

from sglang.srt.managers.io_struct import (
    AbortReq,
    CloseSessionReqInput,
    OpenSessionReqInput,
    SessionParams,
    TokenizedGenerateReqInput,
)
from sglang.srt.sampling.sampling_params import SamplingParams

from stateful_tests.engines.sglang.host.names import names


def opening(session: str, timeout: float | None) -> Any:
    """Return a request to open a streaming session."""
    return OpenSessionReqInput(
        capacity_of_str_len=1 << 20, session_id=session, streaming=True, timeout=timeout
    )


def closing(session: str) -> Any:
    """Return a request to close a session."""
    return CloseSessionReqInput(session_id=session)


def abortion(rid: str) -> Any:
    """Return a request to end a request."""
    return AbortReq(rid=rid)


def generation(
    rid: str,
    tokens: Sequence[int],
    max_new_tokens: int,
    *,
    session: str | None = None,
    replace: bool = False,
    drop_previous_output: bool = False,
    offset: int = 0,
    namespace: str | None = None,
    stop_token_ids: Sequence[int] = (),
) -> Any:
    """Return a turn of a session, or, without a session, a plain request."""
    params = SamplingParams(
        max_new_tokens=max_new_tokens,
        temperature=0.0,
        stop_token_ids=list(stop_token_ids),
    )
    params.normalize(None)
    edits = {"replace": replace, "drop_previous_output": drop_previous_output, "offset": offset}
    return TokenizedGenerateReqInput(
        rid=rid,
        input_text="",
        input_ids=array("q", tokens) if names().packs_tokens else list(tokens),
        input_embeds=None,
        token_type_ids=None,
        mm_inputs=None,
        sampling_params=params,
        return_logprob=False,
        logprob_start_len=-1,
        top_logprobs_num=0,
        token_ids_logprob=[],
        stream=False,
        session_params=SessionParams(id=session, **edits) if session is not None else None,
        extra_key=namespace,
    )
