"""Reads one JSON object per line, and answers each with one: the host of a release's scheduler.

A line is {"command": NAME, ...its arguments}. An answer is what the command gives, or
{"crash": TRACEBACK} when the release, or the host, raised.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
import warnings
from typing import Any, TextIO

from stateful_tests.engines.sglang.host.stubs import install_stubs


def own_output() -> TextIO:
    """Keep the pipe to the client for ourselves; what the release prints goes to stderr."""
    pipe = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return pipe


def serve(lines: TextIO, out: TextIO) -> None:
    """Answer line by line until there are no more."""
    install_stubs()
    from stateful_tests.engines.sglang.host.commands import Commands  # noqa: PLC0415

    commands = Commands()
    print(json.dumps({"hosting": True}), file=out, flush=True)
    for line in lines:
        print(json.dumps(answer(commands, json.loads(line))), file=out, flush=True)


def answer(commands: Any, said: dict[str, Any]) -> dict[str, Any]:
    """Perform one command."""
    try:
        told: dict[str, Any] = getattr(commands, said.pop("command"))(**said)
    except Exception:
        return {"crash": traceback.format_exc()}
    return told


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    serve(sys.stdin, own_output())
