"""Writes a log that `turnstile check` reads: docs/logs.md has the format."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from spec.machine.trace import VERSION, Step, named

Line = dict[str, Any]


class Log:
    """One file, written on at the end of each iteration of the scheduler's loop."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("w", encoding="utf-8")

    def begin(self, **sizes: Any) -> None:
        """Write the first line."""
        self._file.write(json.dumps({"turnstile": VERSION, **sizes}) + "\n")
        self._file.flush()

    def write(self, lines: Iterable[Line]) -> None:
        """Write events, with the time."""
        now, text = round(time.time(), 6), list[str]()
        for line in lines:
            text.append(json.dumps({**line, "at": now}) + "\n")
        if text:
            self._file.write("".join(text))
            self._file.flush()


def line_of(step: Step) -> Line:
    """Return the line of a move."""
    name, args = step
    if name == "evict":
        namespace, pages, count = args
        return {"do": name, "namespace": namespace, "pages": pages, "count": count}
    return {"do": name, **named(name, args)}
