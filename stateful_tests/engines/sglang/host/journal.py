"""The journal of a step: what the release did, in the order in which it began to do it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from stateful_tests.engines.sglang.host.told import Entry

Tell = Callable[[tuple[Any, ...], dict[str, Any]], Entry]


class Journal:
    """Entries of calls of wrapped functions; a call within another follows it, one deeper."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.depth = 0

    def taken(self) -> list[Entry]:
        """Return the entries since this was last asked."""
        entries, self.entries, self.depth = self.entries, [], 0
        return entries

    def kept(
        self, event: str, function: Callable[..., Any], before: Tell, after: Tell
    ) -> Callable[..., Any]:
        """Return a function that does what `function` does and keeps an entry of each call."""

        @functools.wraps(function)
        def keeping(*args: Any, **named: Any) -> Any:
            entry = {"event": event, "depth": self.depth, **before(args, named)}
            self.entries.append(entry)
            self.depth += 1
            result = function(*args, **named)
            self.depth -= 1
            entry.update(after(args, named))
            return result

        return keeping
