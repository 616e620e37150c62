"""What actions do to states: one program for all instances that differ in numbers only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import torch
from torch import Tensor

from proofs.vectorised.instances import Instance
from proofs.vectorised.names import Canonical
from proofs.vectorised.program import Constants, Program, compiled
from proofs.vectorised.tracer import Tracer

Lengths = list[tuple[int, int]]
"""Numbers of instances, and for each in how many states it acts."""


class EscapeError(ArithmeticError):
    """A state has a number that its cells cannot hold: a spec text with a bug, without bounds."""


@dataclass
class Followers:
    """What follows the states of a batch: canonical rows, and where each comes from."""

    rows: Tensor
    first: Tensor
    second: Tensor
    parents: Tensor  # by their place in the batch
    instances: Tensor
    broken: Tensor  # whether the step breaks a property


class Effects:
    """Applies instances to the states in which they act."""

    def __init__(self, tracer: Tracer, instances: list[Instance], constants: Constants) -> None:
        self._layout, self._constants = tracer.layout, constants
        self._device = constants.device
        actions = tracer.rules.actions
        self._family = [each.family(actions[each.action]) for each in instances]
        self._numbers = [each.numbers(actions[each.action]) for each in instances]
        self._programs: dict[tuple[Any, ...], tuple[list[int], Program]] = {}
        able = [n for n, each in enumerate(instances) if each.acts is not tracer.graph.false]
        self.acting = sorted(able, key=lambda n: str(self._family[n]))
        """The instances that may act, those of one program side by side."""
        for n in self.acting:
            if self._family[n] not in self._programs:
                effect = tracer.effect(actions[instances[n].action], instances[n].args)
                outputs = [*effect.writes.values(), effect.breaks, effect.escapes]
                program = compiled(outputs, constants)
                self._programs[self._family[n]] = list(effect.writes), program
        self._spare = max([self._layout.size.sessions, *map(len, self._numbers)])
        self._canonical = Canonical(self._layout, tracer.graph.largest, constants)

    def columns(self, rows: Tensor) -> Tensor:
        """Return [cells and spare ones, states] of canonical or other rows."""
        cells = self._layout.cells
        shape = (cells + self._spare, len(rows))
        columns = torch.empty(shape, dtype=rows.dtype, device=self._device)
        columns[:cells] = rows.t()[:cells]
        return columns

    def canonical(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return canonical rows, and their two hashes."""
        return self._canonical(self.columns(rows))

    def blocks(
        self, rows: Tensor, parents: Tensor, lengths: Lengths, size: int
    ) -> Iterator[Followers]:
        """Generate what follows, in blocks of at most `size`."""
        start = 0
        while start < len(parents):
            taken, lengths = _split(lengths, size)
            end = start + sum(n for _, n in taken)
            yield self.follow(rows, parents[start:end], taken)
            start = end

    def follow(self, rows: Tensor, parents: Tensor, lengths: Lengths) -> Followers:
        """Apply each instance to its share of the parents."""
        columns = self.columns(rows[parents])
        broken = torch.zeros(len(parents), dtype=torch.bool, device=self._device)
        escaped = torch.zeros_like(broken)
        at = 0
        for family, members in groupby(lengths, lambda each: self._family[each[0]]):
            start = at
            for number, length in members:
                for spare, value in enumerate(self._numbers[number]):
                    columns[self._layout.cells + spare, at : at + length] = value
                at += length
            part = columns[:, start:at]
            positions, program = self._programs[family]
            *written, broken[start:at], escaped[start:at] = program(part)
            for position, column in zip(positions, written, strict=True):
                part[position] = column
        if (escaped & ~broken).any():
            raise EscapeError("a rule leaves the numbers that this explorer holds")
        instances = torch.tensor([n for n, _ in lengths], dtype=torch.int16, device=self._device)
        counts = torch.tensor([n for _, n in lengths], device=self._device)
        numbers = instances.repeat_interleave(counts, output_size=len(parents))
        return Followers(*self._canonical(columns), parents, numbers, broken)


def _split(lengths: Lengths, size: int) -> tuple[Lengths, Lengths]:
    """Return the first `size` of the states that act, and the rest."""
    taken, room = [], size
    for at, (number, length) in enumerate(lengths):
        if length > room:
            if room:
                taken.append((number, room))
            return taken, [(number, length - room), *lengths[at + 1 :]]
        taken.append((number, length))
        room -= length
    return taken, []
