"""Reads one JSON object per line, and answers each with one: what every host does.

A line is {"command": NAME, ...its arguments}. An answer is what the command gives, or
{"crash": TRACEBACK} when the release, or the host, raised.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
import warnings
from collections.abc import Callable
from typing import Any, TextIO


def serve(make_commands: Callable[[], Any]) -> None:
    """Answer line by line until there are no more: with methods of what is made, once."""
    warnings.simplefilter("ignore")
    out = _own_output()
    commands = make_commands()
    print(json.dumps({"hosting": True}), file=out, flush=True)
    for line in sys.stdin:
        print(json.dumps(_answer(commands, json.loads(line))), file=out, flush=True)


def _own_output() -> TextIO:
    """Keep the pipe to the client for ourselves; what the release prints goes to stderr."""
    pipe = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return pipe


def _answer(commands: Any, said: dict[str, Any]) -> dict[str, Any]:
    """Perform one command."""
    try:
        told: dict[str, Any] = getattr(commands, said.pop("command"))(**said)
    except Exception:
        return {"crash": traceback.format_exc()}
    return told
