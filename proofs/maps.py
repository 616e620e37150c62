"""Maps by substitution: a map is a term over its keys' variables, and a write wraps it in an `If`.

There is no Z3 array: a read after any writes is a plain term over the maps of the state before.
"""

from __future__ import annotations

from typing import Any

import z3

from proofs.declared import is_atom
from proofs.logic import conjunction, equal, implication
from proofs.loops import Terms, Written, written
from proofs.paths import Write
from proofs.sorts import Sorts
from spec.machine.rules import Field

NO_READ = "nothing is read at NIL"
NO_WRITE = "nothing is written at NIL"
AGREE = "no two iterations of a loop write a cell differently"
ONCE = "no two iterations of a loop update a cell"


class SymbolicMap:
    """One map of a state."""

    def __init__(self, sorts: Sorts, field: Field, body: Terms | None = None) -> None:
        """Make a map of which nothing is known, or the one with the given term for each part."""
        self.sorts, self.field = sorts, field
        self.variables = sorts.variables(field.keys)
        self.body = body or sorts.unknown_map(field.name, field.keys, field.value)(self.variables)

    def differs_from(self, other: SymbolicMap) -> bool:
        """Whether one of the two was written since the other was copied from it."""
        return not all(a.eq(b) for a, b in zip(self.body, other.body, strict=True))

    def copy(self) -> SymbolicMap:
        """Return a map that is written independently."""
        return SymbolicMap(self.sorts, self.field, self.body)

    def at(self, keys: Terms) -> Terms:
        """Return the terms of the cell at the terms `keys`."""
        pairs = list(zip(self.variables, keys, strict=True))
        return tuple(z3.substitute(part, *pairs) for part in self.body)

    def __getitem__(self, key: Any) -> Any:
        """Read a cell."""
        keys = self._keys(key)
        forks = self.sorts.forks
        forks.reads.add(self.field.name)
        if forks.loop:
            forks.loop.reads.append((self.field.name, keys))
        if forks.is_outermost:
            self._check_real(NO_READ, keys)
        return self.sorts.value(self.field.value, self.at(keys))

    def __setitem__(self, key: Any, value: Any) -> None:
        """Write a cell; inside a span loop, the cells of all iterations."""
        keys, values = self._keys(key), self.sorts.encode(self.field.value, value)
        self._check_real(NO_WRITE, keys)
        forks = self.sorts.forks
        if not forks.loop:
            write = Written(equal(self.variables, keys), values)
        else:
            if forks.loop.updates(self.field.name):
                self._check_once(keys)
            forks.loop.note_write(self.field.name, keys)
            write = written(forks.loop, self.variables, keys, values, forks.fresh)
        forks.path.writes.append(
            Write(self.field.name, self.field.keys, keys, forks.loop, self.variables, write.hits)
        )
        forks.path.facts.extend(write.facts)
        if write.agreement:
            premise, conclusion = write.agreement
            forks.check(AGREE, implication([premise], conclusion))
        self.body = tuple(
            z3.If(write.hits, new, old) for new, old in zip(write.values, self.body, strict=True)
        )

    def _keys(self, key: Any) -> Terms:
        keys = key if len(self.field.keys) > 1 else (key,)
        return tuple(
            self.sorts.encode(sort, k)[0] for sort, k in zip(self.field.keys, keys, strict=True)
        )

    def _check_once(self, keys: Terms) -> None:
        """Note that no two iterations may update one cell."""
        forks = self.sorts.forks
        assert forks.loop
        other = z3.Int(forks.fresh("other"))
        same_cell = equal(keys, forks.loop.at(keys, other))
        forks.check(
            ONCE, implication([forks.loop.covers(other), same_cell], other == forks.loop.index)
        )

    def _check_real(self, name: str, keys: Terms) -> None:
        """Note that none of `keys` may be NIL, or an index below 0."""
        real = conjunction(
            key != self.sorts.nil(sort) if is_atom(sort) else key >= 0
            for sort, key in zip(self.field.keys, keys, strict=True)
        )
        self.sorts.forks.check(name, real)
