"""What a log may observe after an event, by name: of its turn, of its session, or of all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from spec.language import NIL
from spec.machine.concrete import ConcreteState

See = Callable[[ConcreteState, Any, Any], Any]
"""Of a state, the event's session and its turn; either may be NIL."""


def _row(s: ConcreteState, x: Any, t: Any) -> Any:
    row = s.row[t]
    return s.slot[x] if row is NIL else row


def _of_row(name: str) -> See:
    return lambda s, x, t: getattr(s, name)[_row(s, x, t)]


SEEN: Mapping[str, See] = MappingProxyType(
    {
        "tokens": lambda s, _, t: s.tokens[t],  # prompt and output of the turn
        "running": lambda s, _, t: s.row[t] is not NIL,
        "in_flight": lambda s, x, _: s.in_flight[x] is not NIL,
        "closing": lambda s, x, _: s.closing[x],
        "open": lambda s, x, _: s.opened[x],
        "slot": lambda s, x, _: s.slot[x] is not NIL,
        "protected": _of_row("protected"),  # lengths of the turn's row, or of the slot
        "committed": _of_row("committed"),
        "launched": _of_row("launched"),
        "allocated": _of_row("allocated"),
        "used_pages": lambda s, *_: len(s.owner.cells) + len(s.node.cells),
        "cached_pages": lambda s, *_: len(s.node.cells),
        "locked_pages": lambda s, *_: len(s.locks.cells),
        "used_rows": lambda s, *_: len(s.holder.cells),
        "sessions": lambda s, *_: len(s.opened.cells),
        "waiting": lambda s, *_: sum(s.row[t] is NIL for t in s.in_flight.cells.values()),
    }
)
