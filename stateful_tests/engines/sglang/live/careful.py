"""A journal that never harms what it listens to: when it fails, it stops listening and says so."""

from __future__ import annotations

import functools
import sys
import traceback
from collections.abc import Callable
from typing import Any

from stateful_tests.engines.sglang.host.journal import Journal, Tell
from stateful_tests.engines.sglang.host.told import Entry


class CarefulJournal(Journal):
    """Keeps entries while all is well."""

    def __init__(self) -> None:
        super().__init__()
        self.listens = True

    def kept(
        self, event: str, function: Callable[..., Any], before: Tell, after: Tell
    ) -> Callable[..., Any]:
        """Return a function that does what `function` does, whatever becomes of its entry."""

        @functools.wraps(function)
        def keeping(*args: Any, **named: Any) -> Any:
            if not self.listens:
                return function(*args, **named)
            entry: Entry = {"event": event, "depth": self.depth}
            self.carefully(lambda: entry.update(before(args, named)))
            self.entries.append(entry)
            self.depth += 1
            try:
                result = function(*args, **named)
            finally:
                self.depth -= 1
            self.carefully(lambda: entry.update(after(args, named)))
            return result

        return keeping

    def carefully(self, tell: Callable[[], Any]) -> None:
        """Do something of ours; if that fails, stop listening."""
        if not self.listens:
            return
        try:
            tell()
        except Exception:
            self.listens = False
            sys.stderr.write("turnstile stops logging, the server goes on:\n")
            traceback.print_exc()
