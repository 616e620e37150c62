"""What stands where the release has its sockets: it keeps what the scheduler sends to clients."""

from __future__ import annotations

from typing import Any

Answer = dict[str, Any]


class Recorder:
    """Receives nothing, and puts what is sent into one list, in order."""

    def __init__(self, answers: list[Answer]) -> None:
        self.answers = answers

    def send_output(self, output: Any, _asked: Any = None) -> None:
        """Keep an output in words of our own."""
        self.answers.extend(told(output))


def told(output: Any) -> list[Answer]:
    """Return what a client is told by one of the release's output objects."""
    kind = type(output).__name__
    if kind in ("BatchTokenIDOutput", "BatchTokenIDOut"):
        reasons = zip(output.rids, output.finished_reasons, output.output_ids, strict=True)
        return [
            {"kind": "output", "rid": rid, "reason": reason, "tokens": list(tokens)}
            for rid, reason, tokens in reasons
        ]
    if kind == "AbortReq":
        return [
            {
                "kind": "abort",
                "rid": output.rid,
                "reason": output.finished_reason,
                "message": output.abort_message,
            }
        ]
    if kind == "OpenSessionReqOutput":
        return [{"kind": "open", "session": output.session_id, "success": output.success}]
    return [{"kind": kind}]
