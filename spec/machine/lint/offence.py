"""What the linter says."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

Report = Callable[[ast.AST, str], None]


@dataclass(frozen=True, order=True)
class Offence:
    """A line that some interpreter cannot run, and what to write there instead."""

    module: str
    line: int
    words: str

    def __str__(self) -> str:
        """Say where and what, as compilers do."""
        return f"spec/{self.module}.py:{self.line}: {self.words}"
