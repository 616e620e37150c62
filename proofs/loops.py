"""Parallel loops: `for i in s.span(lo, hi)` is one assignment to many cells, made at once.

The body runs once, at an index of which only lo <= i < hi is known. Which iteration wrote a given
cell is answered by substitution where the index is a key, otherwise by a choice function `writer`
from cells to indices, of which only this is assumed: where some iteration writes the cell, `writer`
names one that does. Such a function always exists, so nothing is lost and nothing gained.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import z3

from proofs.logic import Fact, NotInTheLanguage, conjunction, equal, mentions
from spec.language import Index

Terms = tuple[Any, ...]


@dataclass
class Loop:
    """A loop under way: its index, and the maps that its body reads and writes."""

    index: Any
    lo: Any
    hi: Any
    reads: list[tuple[str, Terms]] = field(default_factory=list)
    writes: dict[str, Terms] = field(default_factory=dict)

    def covers(self, index: Any) -> z3.BoolRef:
        """Return the condition that the loop has an iteration at `index`."""
        return z3.And(self.lo <= index, index < self.hi)

    @property
    def guard(self) -> z3.BoolRef:
        """What is known of the index."""
        return self.covers(self.index)

    def at(self, terms: Terms, index: Any) -> Terms:
        """Return what `terms` are in the iteration at `index`."""
        return tuple(z3.substitute(term, (self.index, index)) for term in terms)

    def depends(self, terms: Terms) -> bool:
        """Whether any of `terms` differs from iteration to iteration."""
        return any(mentions(term, self.index) for term in terms)

    def note_write(self, name: str, keys: Terms) -> None:
        """Note a write. Raise NotInTheLanguage for a map that is written twice."""
        if name in self.writes:
            raise NotInTheLanguage(f"a span loop writes {name} twice")
        self.writes[name] = keys

    def updates(self, name: str) -> bool:
        """Whether the loop has read the map that it is about to write."""
        return any(name == read for read, _ in self.reads)

    def end(self) -> None:
        """Raise NotInTheLanguage if an iteration could see what another one wrote.

        It may read the very cell that it writes: a check says that no two iterations share it.
        """
        for name, keys in self.reads:
            written = self.writes.get(name, keys)
            if not all(a.eq(b) for a, b in zip(keys, written, strict=True)):
                raise NotInTheLanguage(f"a span loop reads {name} elsewhere than it writes it")


@dataclass(frozen=True)
class Written:
    """A parallel write: which cells it hits, and what it leaves there."""

    hits: z3.BoolRef  # over the map's variables
    values: Terms  # over the map's variables
    facts: tuple[Fact, ...] = ()
    agreement: tuple[z3.BoolRef, z3.BoolRef] | None = None  # premise, and what it must imply


def written(
    loop: Loop, variables: Terms, keys: Terms, values: Terms, fresh: Callable[[str], str]
) -> Written:
    """Return the effect of writing `values` at `keys` in every iteration of `loop`."""
    at_index = [k for k, key in enumerate(keys) if key.eq(loop.index)]
    if len(at_index) == 1:
        others = [k for k in range(len(keys)) if k != at_index[0]]
        if not loop.depends(tuple(keys[k] for k in others)):
            index = variables[at_index[0]]
            same_cell = equal((variables[k] for k in others), (keys[k] for k in others))
            return Written(conjunction([loop.covers(index), same_cell]), loop.at(values, index))
    return _by_choice(loop, variables, keys, values, fresh)


def _by_choice(
    loop: Loop, variables: Terms, keys: Terms, values: Terms, fresh: Callable[[str], str]
) -> Written:
    writer = z3.Function(fresh("writer"), *[v.sort() for v in variables], z3.IntSort())

    def is_written(cell: Terms) -> z3.BoolRef:
        index = writer(*cell)
        return conjunction([loop.covers(index), equal(cell, loop.at(keys, index))])

    chosen = Fact((Index,), (loop.index,), z3.Implies(loop.guard, is_written(keys)))
    agreement = None
    if loop.depends(values):
        other = z3.Int(fresh("other"))
        same_cell = equal(keys, loop.at(keys, other))
        agreement = (
            conjunction([loop.covers(other), same_cell]),
            equal(values, loop.at(values, other)),
        )
    return Written(is_written(variables), loop.at(values, writer(*variables)), (chosen,), agreement)
