"""The worlds in which a mutant is looked for: which drivers can show that a guard is gone?

A world offers what is worth trying in the text as it stands, so what a guard forbids is mostly not
asked for. A `Wider` world asks for just that as well: the text as it stands reaches the same states
in it, and every further step is the mutant's doing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from itertools import product
from typing import Any

from spec.language import Atom, Forbidden, Index, NoRoom
from spec.machine.concrete import ConcreteState
from spec.machine.rules import rules
from spec.machine.size import Size
from spec.machine.worlds import Args, World, each


@dataclass(frozen=True)
class Wider(World):
    """A world that also offers, for some moves, what the text as it stands forbids.

    Requests are answered whatever they ask, and worlds offer those that are refused.
    """

    widened: frozenset[str] = frozenset()

    @classmethod
    def of(cls, world: World, widened: frozenset[str]) -> Wider:
        """Return `world`, wider for the given moves."""
        return cls(**{f.name: getattr(world, f.name) for f in fields(world)}, widened=widened)

    def arguments(self, s: ConcreteState, action: str) -> Iterator[Args]:
        """Generate the arguments that the world offers, then those that are forbidden."""
        offered = list(super().arguments(s, action))
        yield from offered
        if action in self.widened and action not in self.left_out:
            trial = s.fork()
            most = self.size.context_len + self.size.lookahead
            sorts = rules().actions[action].params.values()
            for args in product(*(self._values(sort, most) for sort in sorts)):
                if args not in offered and forbidden(trial, s, action, args):
                    yield args

    def _values(self, sort: Any, most: int) -> list[Any]:
        """Return every value of a parameter, and lengths up to one more than `most`."""
        if isinstance(sort, type) and issubclass(sort, StrEnum):
            return list(sort)
        if sort == Index:
            return list(range(self.size.indices + 1))
        if isinstance(sort.__metadata__[0], Atom):
            return list(self.size.domain(sort))
        return list(range(most + 2))


def forbidden(trial: ConcreteState, s: ConcreteState, move: str, args: Args) -> bool:
    """Whether the text as it stands forbids a move in `s`, of which `trial` is a fork."""
    try:
        rules().moves[move].run(trial, *args)
    except Forbidden:
        return True
    except NoRoom:
        return False
    trial.reset(s)
    return False


def _ended(name: str, size: Size, **what: Any) -> World:
    """Return a world that is small enough to be explored to its end, for every mutant."""
    return World(f"small {name}", size, refusals=False, **what)


@cache
def ended() -> dict[str, World]:
    """Return small worlds, of all features: in each every state is visited within seconds."""
    reclaim = frozenset({"reclaim"})
    plain = frozenset({"plain requests", "tree", "time-outs"})
    worlds = (
        World("small one-session", Size(1, 2, 1, 2, 2, 3), each((1, 2), (0, 1))),
        _ended("chunks", Size(1, 2, 1, 2, 2, 4), asks=each((1,), (0, 1, 2)), chunk=2,
               features=reclaim),
        _ended("tree", Size(1, 2, 1, 3, 1, 3, texts=3), asks=((2, 0, 0), (2, 1, 2)), chunk=2,
               features=reclaim | {"tree"}),
        _ended("overlap", Size(1, 2, 1, 3, 2, 4, lookahead=1), asks=((1, 2, 0), (1, 3, 0)),
               chunk=2, features=frozenset({"overlap"})),
        _ended("speculation", Size(1, 2, 1, 3, 2, 4, lookahead=1), asks=((1, 2, 0),),
               features=reclaim | {"speculation"}),
        _ended("recurrent", Size(1, 2, 1, 3, 2, 4, lookahead=1, recurrents=1),
               asks=((1, 2, 0), (2, 0, 0)), chunk=2, features=reclaim | {"overlap"}),
        _ended("windows and drafts", Size(1, 3, 1, 4, 1, 4, lookahead=1, window=1, window_pages=3),
               asks=((1, 2, 0), (2, 1, 0)), features=frozenset({"speculation", "tree"})),
        _ended("windows", Size(1, 2, 1, 4, 1, 4, window=1, window_pages=4),
               asks=((2, 0, 0), (1, 1, 0)), chunk=2),
        _ended("windows in pages", Size(1, 2, 1, 3, 2, 4, lookahead=1, window=1, window_pages=3),
               asks=((3, 0, 0), (1, 2, 0)), chunk=2, features=frozenset({"tree"})),
        _ended("recurrent tree", Size(1, 2, 1, 3, 1, 3, lookahead=1, recurrents=2),
               asks=((2, 0, 0), (1, 2, 0)), chunk=2,
               features=reclaim | {"tree", "speculation", "overlap"}),
        _ended("pool", Size(1, 2, 1, 2, 1, 3), asks=((1, 0, 0), (1, 2, 0)), chunk=2),
        _ended("queue", Size(3, 3, 1, 1, 1, 1, queue_limit=1), asks=((1, 0, 0),), chunk=2),
        World("small plain", Size(2, 2, 1, 1, 1, 1, namespaces=2), ((1, 0, 0),), features=plain),
        World("small plain with output", Size(2, 2, 1, 2, 1, 2), ((1, 1, 0),), features=plain),
        _ended("side by side", Size(2, 2, 2, 2, 2, 3), asks=((1, 2, 0),), chunk=3),
        _ended("shared tree", Size(2, 3, 2, 2, 1, 2), asks=((1, 0, 0),), chunk=2,
               features=reclaim | {"tree"}),
    )  # fmt: skip
    return {world.name: world for world in worlds}
