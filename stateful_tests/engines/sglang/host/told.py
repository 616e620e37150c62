"""What the journal tells of a call of the release: of its arguments before, of their state after.

Each function takes the positional and the named arguments of the call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stateful_tests.engines.sglang.host.records import lengths, named, reason

Args = tuple[Any, ...]
Named = Mapping[str, Any]
Entry = dict[str, Any]


def nothing(_args: Args, _named: Named) -> Entry:
    """Tell nothing."""
    return {}


def request(args: Args, named_args: Named) -> Entry:
    """Tell a request's name, row and lengths."""
    return named(args[0] if args else named_args["req"])


def request_after(args: Args, named_args: Named) -> Entry:
    """Tell the same when the call is over."""
    return {"after": request(args, named_args)}


def refused(args: Args, named_args: Named) -> Entry:
    """Tell which request is turned away before it runs, and in which words."""
    return {"rid": args[0].rid, "words": args[1] if len(args) > 1 else named_args["error_msg"]}


def requests(args: Args, _named: Named) -> Entry:
    """Tell the names of a batch's requests."""
    return {"rids": [req.rid for req in args[0].reqs]}


def batch(args: Args, named_args: Named) -> Entry:
    """Tell what kind of batch it is, and whose."""
    return {"mode": args[0].forward_mode.name.lower(), **requests(args, named_args)}


def launched(args: Args, named_args: Named) -> Entry:
    """Tell which positions a batch computes."""
    upto = _seq_lens(args[0])
    decoding = args[0].forward_mode.is_decode()
    lens = [1] * len(upto) if decoding else args[0].extend_lens
    start = [end - new for end, new in zip(upto, lens, strict=True)]
    return {**batch(args, named_args), "from": start, "upto": upto}


def _seq_lens(batch: Any) -> list[int]:
    """Return the lengths of a batch's sequences, without waiting for a GPU if it can be helped."""
    on_cpu = batch.seq_lens_cpu
    lens: list[int] = (batch.seq_lens if on_cpu is None else on_cpu).tolist()
    return lens


def read(args: Args, _named: Named) -> Entry:
    """Tell how the requests of a batch stand when its result was read."""
    reqs = args[0].reqs
    return {
        "output": [len(req.output_ids_through_stop) for req in reqs],
        "finished": [reason(req) for req in reqs],
    }


def extended(args: Args, _named: Named) -> Entry:
    """Tell between which positions of which rows locations were allocated."""
    lens = zip(args[0].prefix_lens, args[0].extend_lens, strict=True)
    return {
        "rows": [lengths(req)["row"] for req in args[0].reqs],
        "from": list(args[0].prefix_lens),
        "upto": [start + new for start, new in lens],
    }


def decoded(args: Args, _named: Named) -> Entry:
    """Tell at which positions of which rows one location each was allocated."""
    return {
        "rows": [lengths(req)["row"] for req in args[0].reqs],
        "from": _seq_lens(args[0]),
    }


def retracted(args: Args, _named: Named) -> Entry:
    """Tell which request of a batch gives its memory back."""
    return named(args[0].reqs[args[1]])
