"""Small worlds: how large, and which arguments a driver may draw for each action in a state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, product
from typing import Any

from spec.language import NIL
from spec.machine.concrete import ConcreteState
from spec.machine.rules import Rules
from spec.machine.size import Size
from spec.state import Edit, Why

Args = tuple[Any, ...]


Ask = tuple[int, int, int]

FEATURES = {
    "plain requests": ("generate",),
    "tree": ("publish", "evict"),
    "time-outs": ("stay_silent", "time_out"),
    "reclaim": ("reclaim",),
    "speculation": ("verify",),
}
"""What a world may leave out, and the actions that go with it. Its size tells the rest."""


@dataclass(frozen=True)
class World:
    """A size, what clients ask for, and the lengths that the scheduler tries.

    With `chunk`, a turn reserves that many tokens more, or all, and computes all that it reserved;
    without, it reserves and computes up to every length.
    """

    name: str
    size: Size
    asks: tuple[Ask, ...]  # (new, max_new, text) of the turns that clients submit
    chunk: int | None = None
    features: frozenset[str] = frozenset()
    refusals: bool = True  # offer requests that are refused whatever the state

    def initial(self, rules: Rules) -> ConcreteState:
        """Return the empty state: no session, every row and page free."""
        return ConcreteState(rules, self.size)

    @cached_property
    def left_out(self) -> frozenset[str]:
        """Actions that do not happen in this world."""
        out = [actions for name, actions in FEATURES.items() if name not in self.features]
        return frozenset(action for actions in out for action in actions)

    def arguments(  # noqa: PLR0912 - a line or two for each action
        self, s: ConcreteState, action: str
    ) -> Iterator[Args]:
        """Generate the arguments worth trying for `action` in `s`; guards are not consulted.

        Turn ids are interchangeable while nobody knows them, so only the first unknown one is
        offered. Refusals are offered once per reason.
        """
        if action in self.left_out:
            return
        match action:
            case "open":
                yield from product(range(self.size.sessions), range(self.size.namespaces))
            case "close" | "end_close" | "stay_silent" | "time_out" | "reclaim":
                yield from ((x,) for x in range(self.size.sessions))
            case "submit":
                yield from self._submissions(s)
            case "generate":
                yield from self._plain_requests(s)
            case "abort":
                yield from ((t,) for t in self._known(s))
                yield from ((t,) for t in islice(self._fresh(s), 1 if self.refusals else 0))
            case "start":
                yield from ((t, n) for t in self._waiting(s) for n in self._hits(s, t))
            case "reserve":
                yield from ((t, n) for t in self._running(s) for n in self._reserves(s, t))
            case "extend":
                yield from ((t, n) for t in self._running(s) for n in self._extends(s, t))
            case "verify":
                drafts = range(1, self.size.lookahead + 1)
                yield from (
                    (t, n, k) for t in self._running(s) for n in drafts for k in range(n + 1)
                )
            case "slide":
                yield from ((t, n) for t in self._running(s) for n in self._slides(s, t))
            case "finish":
                yield from ((t, n) for t in self._running(s) for n in self._finishes(s, t))
            case "pre_abort":
                yield from ((t, why) for t in self._waiting(s) for why in Why)
            case "evict":
                yield from ((c,) for c in sorted(s.cached.cells))
            case _:
                yield from ((t,) for t in s.in_flight.cells.values())

    def _submissions(self, s: ConcreteState) -> Iterator[Args]:
        fresh = next(self._fresh(s), NIL)
        if self.refusals:
            for t in self._known(s):
                yield s.session[t], t, 1, 0, Edit.APPEND, 0
        if fresh is NIL:
            return
        for x in range(self.size.sessions):
            if s.in_flight[x] is NIL and not s.closing[x] and s.opened[x]:
                for new, max_new, text in self._asks(s, x):
                    yield x, fresh, new, max_new, Edit.APPEND, text
            elif self.refusals:
                yield x, fresh, 1, 0, Edit.APPEND, 0
            if self.refusals:
                for edit in Edit:
                    if edit != Edit.APPEND:
                        yield x, fresh, 1, 0, edit, 0
                yield x, fresh, 0, 0, Edit.APPEND, 0

    def _asks(self, s: ConcreteState, x: int) -> Iterable[Ask]:
        """Return what is asked of a session; what a later turn says makes no difference."""
        if s.req_nodes[x] is NIL:
            return self.asks
        return dict.fromkeys((new, max_new, 0) for new, max_new, _ in self.asks)

    def _plain_requests(self, s: ConcreteState) -> Iterator[Args]:
        fresh = next(self._fresh(s), NIL)
        unopened = next((x for x in range(self.size.sessions) if not s.opened[x]), NIL)
        if fresh is NIL or unopened is NIL:
            return
        if self.refusals:
            yield unopened, fresh, 0, 0, 0, 0
        for (new, max_new, text), a in product(self.asks, range(self.size.namespaces)):
            yield unopened, fresh, new, max_new, a, text

    def _hits(self, s: ConcreteState, t: int) -> Iterable[int]:
        x = s.session[t]
        whole = min(s.whole(s.text_len[x]), self.size.indices) if "tree" in self.features else 0
        return range(whole + 1)

    def _reserves(self, s: ConcreteState, t: int) -> Iterable[int]:
        first, known = s.allocated[s.row[t]] + 1, s.tokens[t]
        last = min(known, s.limit[t]) + self.size.lookahead
        if self.chunk is None or first > last:
            return range(first, last + 1)
        return sorted({min(first + self.chunk - 1, last), max(first, min(known, last)), last})

    def _extends(self, s: ConcreteState, t: int) -> Iterable[int]:
        first, last = s.launched[s.row[t]] + 1, min(s.allocated[s.row[t]], s.tokens[t])
        return range(first if self.chunk is None else max(first, last), last + 1)

    def _slides(self, s: ConcreteState, t: int) -> Iterable[int]:
        last = s.committed[s.row[t]] - self.size.window
        return range(s.cursor[s.row[t]] + self.size.page_size, last + 1, self.size.page_size)

    def _finishes(self, s: ConcreteState, t: int) -> Iterable[int]:
        last = min(s.tokens[t], s.limit[t])
        return range(max(s.prompt[t], s.tokens[t] - self.size.lookahead), last + 1)

    def _known(self, s: ConcreteState) -> list[int]:
        return sorted(s.session.cells)

    def _waiting(self, s: ConcreteState) -> list[int]:
        return [t for t in s.in_flight.cells.values() if s.row[t] is NIL]

    def _running(self, s: ConcreteState) -> list[int]:
        return sorted(s.row.cells)

    def _fresh(self, s: ConcreteState) -> Iterator[int]:
        known = s.session.cells
        return (t for t in range(self.size.turns) if t not in known)


def each(
    new: Iterable[int], max_new: Iterable[int], texts: Iterable[int] = (0,)
) -> tuple[Ask, ...]:
    """Return every combination."""
    return tuple(product(new, max_new, texts))


def world(
    name: str, size: Size, asks: tuple[Ask, ...], *features: str, chunk: int | None = 2
) -> World:
    """Return a world that leaves refusals out: other worlds have them."""
    return World(name, size, asks, chunk, frozenset(features), refusals=False)


WORLDS = {
    each_world.name: each_world
    for each_world in (
        World(
            "one-session",
            Size(1, 3, 1, 3, 2, 5),
            each((1, 2, 3), (0, 1, 2)),
            features=frozenset({"reclaim"}),
        ),
        World("few-pages", Size(2, 4, 2, 3, 2, 4), ((1, 2, 0), (2, 0, 0)), chunk=2),
        World("one-row", Size(2, 4, 1, 2, 2, 4), ((1, 2, 0), (2, 0, 0)), chunk=2),
        World("page-size-1", Size(2, 3, 2, 3, 1, 3), ((1, 0, 0), (1, 1, 0)), chunk=2),
        world("tree", Size(2, 4, 2, 3, 1, 3, texts=3), ((2, 0, 0), (2, 1, 2)), "tree", "reclaim"),
        world(
            "one-tree",
            Size(1, 3, 1, 4, 1, 4, texts=3),
            ((1, 1, 0), (2, 1, 2), (1, 2, 0)),
            "tree",
            "reclaim",
            chunk=4,
        ),
        world(
            "overlap",
            Size(1, 3, 1, 3, 2, 5, lookahead=1),
            ((1, 2, 0), (1, 3, 0), (1, 1, 0)),
        ),
        world(
            "speculation",
            Size(1, 3, 1, 4, 2, 6, lookahead=2),
            ((1, 2, 0), (2, 3, 0)),
            "speculation",
            "reclaim",
            chunk=None,
        ),
        world(
            "windows",
            Size(1, 3, 1, 5, 1, 5, lookahead=1, window=1, window_pages=4),
            ((1, 0, 0), (1, 2, 0), (2, 1, 0)),
            "speculation",
            "tree",
            "reclaim",
            chunk=4,
        ),
        world(
            "recurrent",
            Size(2, 3, 2, 3, 2, 3, lookahead=1, recurrents=1),
            ((1, 2, 0), (1, 0, 0)),
            "reclaim",
        ),
        world(
            "hybrid",
            Size(2, 3, 2, 3, 1, 3, recurrents=2),
            ((2, 0, 0), (1, 1, 0)),
            "tree",
            "reclaim",
        ),
        world(
            "layers",
            Size(1, 3, 1, 4, 1, 4, lookahead=1, window=1, window_pages=4, recurrents=2, texts=3),
            ((1, 1, 0), (2, 1, 2), (1, 2, 0)),
            "tree",
            "reclaim",
            chunk=4,
        ),
        world(
            "plain",
            Size(2, 3, 2, 2, 1, 2, namespaces=2),
            ((1, 1, 0),),
            "plain requests",
            "tree",
            "time-outs",
        ),
    )
}
"""Worlds that are explored within a minute; sizes are sessions, turns, rows, pages, page_size,
context_len.

A turn's id may be used again once nobody knows the turn, so the turns of a session never run out:
with four turns for two sessions each can finish turn after turn, and have any number aborted.
"""

LARGE_WORLDS = {
    each_world.name: each_world
    for each_world in (
        World("two-sessions", Size(2, 4, 2, 4, 2, 4), ((1, 0, 0), (1, 2, 0)), chunk=2),
        world(
            "everything",
            Size(2, 4, 2, 5, 2, 6, lookahead=1, texts=3),
            ((2, 1, 0), (3, 2, 2), (1, 0, 0)),
            "tree",
            "time-outs",
            "reclaim",
            "speculation",
            chunk=4,
        ),
    )
}
"""Worlds that take longer: explored when asked for by name."""
