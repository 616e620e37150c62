"""JSON lines, read with suspicion. Answers: what does this line say, or what is wrong with it?"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class WorkloadError(ValueError):
    """A trace of requests that cannot be used: one sentence with the file, the line and why."""


@dataclass(frozen=True)
class Line:
    """One JSON object of a file. Its methods raise WorkloadError."""

    source: str
    number: int
    values: dict[str, Any]

    def length(self, name: str) -> int:
        """Return a number of tokens: a whole number from 0 on."""
        value = self.integer(name)
        if value < 0:
            raise self.wrong(f"{name} is {value}, and a length cannot be negative")
        return value

    def integer(self, name: str) -> int:
        """Return a whole number."""
        value = self._field(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.wrong(f"{name} must be a whole number, not {shown(value)}")
        return value

    def time(self, name: str) -> float:
        """Return a time since the start, in the unit of the file."""
        value = self._field(name)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self.wrong(f"{name} must be a number, not {shown(value)}")
        if not (math.isfinite(value) and value >= 0):
            raise self.wrong(f"{name} is {value}, and a time is a number from 0 on")
        return value

    def ids(self, name: str) -> tuple[int, ...]:
        """Return a list of whole numbers."""
        value = self._field(name)
        if not isinstance(value, list):
            raise self.wrong(f"{name} must be a list of whole numbers, not {shown(value)}")
        for item in value:
            if not isinstance(item, int) or isinstance(item, bool):
                raise self.wrong(f"{name} must hold whole numbers only, not {shown(item)}")
        return tuple(value)

    def wrong(self, words: str) -> WorkloadError:
        """Return the error that says where, then `words`."""
        return WorkloadError(f"{self.source}, line {self.number}: {words}.")

    def _field(self, name: str) -> Any:
        if name not in self.values:
            raise self.wrong(f"the field {name!r} is missing")
        return self.values[name]


def read_lines(path: Path) -> Iterator[Line]:
    """Generate the objects of a file, blank lines left out. Raises WorkloadError."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as wrong:
        raise WorkloadError(f"cannot read {path}: {wrong.strerror}.") from None
    except UnicodeDecodeError:
        raise WorkloadError(
            f"{path} is not a text file; a trace of requests is JSON lines in UTF-8."
        ) from None
    if not text.strip():
        raise WorkloadError(f"{path} is empty; a trace of requests has one JSON object a line.")
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield _object(Line(str(path), number, {}), line)


def shown(value: Any, most: int = 40) -> str:
    """Return a value as it reads in the file, cut where it is long."""
    text = json.dumps(value)
    return text if len(text) <= most else f"{text[:most]}..."


def _object(line: Line, text: str) -> Line:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as wrong:
        raise line.wrong(
            f"not JSON ({wrong.msg} at column {wrong.colno}), as if the file were cut short"
        ) from None
    except (ValueError, RecursionError) as wrong:  # a number or a nesting without end
        raise line.wrong(f"not JSON that can be read ({wrong})") from None
    if not isinstance(value, dict):
        raise line.wrong(f"expected a JSON object, not {shown(value)}")
    return Line(line.source, line.number, value)
