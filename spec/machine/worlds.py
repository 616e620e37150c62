"""Small worlds: how large, and which arguments a driver may draw for each action in a state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from spec.language import NIL
from spec.machine.concrete import ConcreteState, Size
from spec.machine.rules import Rules
from spec.state import Edit, Why

Args = tuple[Any, ...]


@dataclass(frozen=True)
class World:
    """A size, the lengths that clients ask for, and the lengths that the scheduler tries.

    With `chunk`, a turn reserves that many tokens more, or all, and computes all that it reserved;
    without, it reserves and computes up to every length.
    """

    name: str
    size: Size
    asks: tuple[tuple[int, int], ...]  # (new, max_new) of the turns that clients submit
    chunk: int | None = None

    def initial(self, rules: Rules) -> ConcreteState:
        """Return the empty state: no session, every row and page free."""
        return ConcreteState(rules, self.size)

    def arguments(self, s: ConcreteState, action: str) -> Iterator[Args]:
        """Generate the arguments worth trying for `action` in `s`; guards are not consulted.

        Turn ids are interchangeable while nobody knows them, so only the first unknown one is
        offered. Refusals are offered once per reason.
        """
        match action:
            case "open" | "close" | "end_close":
                yield from ((x,) for x in range(self.size.sessions))
            case "submit":
                yield from self._submissions(s)
            case "abort":
                yield from ((t,) for t in self._known(s))
                yield from ((t,) for t in islice(self._fresh(s), 1))
            case "reserve":
                yield from ((t, n) for t in self._running(s) for n in self._reserves(s, t))
            case "extend":
                yield from ((t, n) for t in self._running(s) for n in self._extends(s, t))
            case "pre_abort":
                yield from ((t, why) for t in s.in_flight.cells.values() for why in Why)
            case _:
                yield from ((t,) for t in s.in_flight.cells.values())

    def _submissions(self, s: ConcreteState) -> Iterator[Args]:
        fresh = next(self._fresh(s), NIL)
        for t in self._known(s):
            yield s.session[t], t, 1, 0, Edit.APPEND
        if fresh is NIL:
            return
        for x in range(self.size.sessions):
            for edit in Edit:
                if edit != Edit.APPEND:
                    yield x, fresh, 1, 0, edit
            yield x, fresh, 0, 0, Edit.APPEND
            if s.in_flight[x] is not NIL or s.closing[x] or not s.opened[x]:
                yield x, fresh, 1, 0, Edit.APPEND
                continue
            yield from ((x, fresh, *ask, Edit.APPEND) for ask in self.asks)

    def _reserves(self, s: ConcreteState, t: int) -> Iterable[int]:
        first, last = s.allocated[s.row[t]] + 1, s.tokens[t]
        if self.chunk is None or first > last:
            return range(first, last + 1)
        return sorted({min(first + self.chunk - 1, last), last})

    def _extends(self, s: ConcreteState, t: int) -> Iterable[int]:
        first, last = s.committed[s.row[t]] + 1, s.allocated[s.row[t]]
        return range(first if self.chunk is None else max(first, last), last + 1)

    def _known(self, s: ConcreteState) -> list[int]:
        return sorted(s.session.cells)

    def _running(self, s: ConcreteState) -> list[int]:
        return sorted(s.row.cells)

    def _fresh(self, s: ConcreteState) -> Iterator[int]:
        known = s.session.cells
        return (t for t in range(self.size.turns) if t not in known)


def each(new: Iterable[int], max_new: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Return every pair of lengths."""
    return tuple(product(new, max_new))


WORLDS = {
    world.name: world
    for world in (
        World("one-session", Size(1, 3, 1, 3, 2, 6), each((1, 2, 3), (0, 1, 2))),
        World("two-sessions", Size(2, 4, 2, 4, 2, 4), ((1, 0), (1, 2)), chunk=2),
        World("few-pages", Size(2, 4, 2, 3, 2, 4), ((1, 2), (2, 0)), chunk=2),
        World("one-row", Size(2, 4, 1, 2, 2, 4), ((1, 2), (2, 0)), chunk=2),
        World("page-size-1", Size(2, 4, 2, 3, 1, 3), ((1, 0), (1, 1))),
    )
}
"""Worlds by name; sizes are sessions, turns, rows, pages, page_size, context_len.

A turn's id may be used again once nobody knows the turn, so the turns of a session never run out:
in `two-sessions` each session can finish four turns in a row, and have any number aborted.
"""
