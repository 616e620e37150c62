"""How a state lies in a tensor: every cell of every map is a small number at a fixed position.

Identities count from 1, so that 0 is NIL, and every default is 0. A record is one number.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, get_type_hints

import torch
from torch import Tensor

from spec.language import Atom, Index
from spec.machine.canonical import INTERCHANGEABLE
from spec.machine.concrete import ConcreteState
from spec.machine.rules import Rules
from spec.machine.size import Size
from spec.machine.worlds import World

LEAST = -3
"""No number of a state is less, nor is one in a spec text with a bug before that bug shows."""


@dataclass(frozen=True)
class Coding:
    """How the values of one sort are numbered."""

    kind: str  # "flag", "atom", "number", "enum" or "record"
    hi: int
    lo: int = 0
    atom: str | None = None  # the name of an identity sort
    values: Sequence[Any] = ()  # of identities and enums, in order
    record: Any = None
    parts: tuple[Coding, ...] = ()

    def encode(self, value: Any) -> int:
        """Return the number of a value that a concrete state holds."""
        if self.kind == "number":
            return int(value)
        if self.kind == "flag":
            return int(value)
        if self.kind == "enum":
            return self.values.index(value)
        if value is None:
            return 0
        if self.kind == "atom":
            return self.values.index(value) + 1
        code = 0
        for part, each in zip(self.parts, value, strict=True):
            code = code * part.radix + (part.encode(each) - (part.kind == "atom"))
        return code + 1

    def decode(self, code: int) -> Any:
        """Return what a concrete state holds for a number."""
        if self.kind == "number":
            return code
        if self.kind == "flag":
            return bool(code)
        if self.kind == "enum":
            return self.values[code]
        if code == 0:
            return None
        if self.kind == "atom":
            return self.values[code - 1]
        code, values = code - 1, []
        for part in reversed(self.parts):
            code, digit = divmod(code, part.radix)
            values.append(part.decode(digit + (part.kind == "atom")))
        return self.record(*reversed(values))

    @property
    def radix(self) -> int:
        """How many values a part of a record has."""
        return self.hi if self.kind == "atom" else self.hi + 1


@dataclass(frozen=True)
class Place:
    """Where a map lies: its cells are in the order of the product of its keys' domains."""

    name: str
    offset: int
    keys: tuple[Coding, ...]
    value: Coding

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """How many keys there are of each sort."""
        return tuple(key.radix for key in self.keys)

    @cached_property
    def cells(self) -> int:
        """How many cells the map has."""
        return len(list(itertools.product(*map(range, self.shape))))


class Layout:
    """The cells of one world's states."""

    def __init__(self, rules: Rules, world: World) -> None:
        self.rules, self.world, self.size = rules, world, world.size
        size = world.size
        self.highest = max(
            size.context_len + size.lookahead + max(map(sum, world.asks), default=0),
            size.rows, size.indices, size.turns,
        ) + 2  # fmt: skip
        self.places: dict[str, Place] = {}
        offset = 0
        for name, field in rules.fields.items():
            keys = tuple(self.coding(sort, as_key=True) for sort in field.keys)
            place = Place(name, offset, keys, self.coding(field.value))
            self.places[name] = place
            offset += place.cells
        self.cells = offset
        self.width = -(-offset // 8) * 8

    def coding(self, sort: Any, as_key: bool = False) -> Coding:
        """Return how the values of `sort` are numbered."""
        if sort is bool:
            return Coding("flag", 1)
        if isinstance(sort, type) and issubclass(sort, StrEnum):
            return Coding("enum", len(sort) - 1, values=tuple(sort))
        if isinstance(sort, type) and issubclass(sort, tuple):
            hints = get_type_hints(sort, include_extras=True).values()
            parts = tuple(self.coding(hint, as_key=True) for hint in hints)
            hi = 1
            for part in parts:
                hi *= part.radix
            return Coding("record", hi, record=sort, parts=parts)
        mark = sort.__metadata__[0]
        if isinstance(mark, Atom):
            values = tuple(self.size.domain(sort))
            return Coding("atom", len(values), atom=mark.name, values=values)
        if as_key:
            assert sort == Index, f"no map has keys of sort {mark.name}"
            return Coding("number", self.size.indices - 1)
        return Coding("number", self.highest, LEAST)

    @cached_property
    def bounds(self) -> dict[str, list[tuple[int, int]]]:
        """The least and the largest value of each cell of a canonical state.

        Identities are named by first mention: the first cell that can mention one can only call it
        1, the second 1 or 2.
        """
        mentions = dict.fromkeys(INTERCHANGEABLE, 0)
        bounds = {}
        for name, place in self.places.items():
            value, cells = place.value, []
            for _ in range(place.cells):
                hi = value.hi
                if value.atom in mentions and value.atom != INTERCHANGEABLE[0]:
                    mentions[value.atom] += 1
                    hi = min(hi, mentions[value.atom])
                cells.append((value.lo, hi))
            bounds[name] = cells
        return bounds

    def encode(self, state: ConcreteState) -> list[int]:
        """Return the row of a concrete state."""
        row = [0] * self.width
        for place, cells in zip(self.places.values(), state.cells(), strict=True):
            for key, value in cells.items():
                keys = key if len(place.keys) > 1 else (key,)
                at = 0
                for coding, each in zip(place.keys, keys, strict=True):
                    at = at * coding.radix + coding.encode(each) - (coding.kind == "atom")
                row[place.offset + at] = place.value.encode(value)
        return row

    def decode(self, row: Sequence[int]) -> ConcreteState:
        """Return the concrete state of a row."""
        maps = []
        for place in self.places.values():
            cells = {}
            domains = [range(key.radix) for key in place.keys]
            for at, key in enumerate(itertools.product(*domains)):
                if code := row[place.offset + at]:
                    names = tuple(
                        coding.decode(k + (coding.kind == "atom"))
                        for coding, k in zip(place.keys, key, strict=True)
                    )
                    cells[names if len(names) > 1 else names[0]] = place.value.decode(code)
            maps.append(cells)
        return ConcreteState.of(self.rules, self.size, tuple(maps))

    def tensor(self, states: Sequence[ConcreteState], dtype: torch.dtype) -> Tensor:
        """Return the rows of concrete states."""
        return torch.tensor([self.encode(state) for state in states], dtype=dtype)


def sort_sizes(size: Size) -> dict[str, int]:
    """Return how many identities there are of each sort whose identities are interchangeable."""
    return {sort: getattr(size, f"{sort.lower()}s") for sort in INTERCHANGEABLE}
