"""What a traceback says in short: two crashes of one cause have the same."""

from __future__ import annotations

import re

FRAME = re.compile(r'File ".*?/((?:sglang|vllm|nanovllm\w*)/[^"]+)", line (\d+), in (\w+)')


def cause(traceback: str) -> str:
    """Return the exception and the release's function that raised it, without numbers."""
    lines = traceback.strip().splitlines()
    frames = FRAME.findall(traceback)
    where = f" in {frames[-1][2]}" if frames else ""
    return re.sub(r"\d+", "N", lines[-1].strip()[:80] if lines else "no words") + where
