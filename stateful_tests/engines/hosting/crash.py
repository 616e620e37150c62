"""Asking a host in lockstep: what goes wrong is a Difference, one of each cause."""

from __future__ import annotations

import re
from typing import Any

from stateful_tests.difference import Difference
from stateful_tests.engines.hosting.client import Client, Crashed, Hung

FRAME = re.compile(r'File ".*?/((?:sglang|vllm|nanovllm\w*)/[^"]+)", line (\d+), in (\w+)')


def cause(traceback: str) -> str:
    """Return the exception and the release's function that raised it, without numbers."""
    lines = traceback.strip().splitlines()
    frames = FRAME.findall(traceback)
    where = f" in {frames[-1][2]}" if frames else ""
    return re.sub(r"\d+", "N", lines[-1].strip()[:80] if lines else "no words") + where


def asked(client: Client, command: str, **arguments: Any) -> dict[str, Any]:
    """Return what a host tells. Raises Difference for a crash, and where no answer comes."""
    try:
        return client.ask(command, **arguments)
    except Crashed as crash:
        raise Difference(f"no_crash: {cause(str(crash))}", str(crash)) from None
    except Hung as hung:
        raise Difference("every_request_is_answered", str(hung)) from None
