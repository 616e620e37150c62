"""Canonical rows of many states at once, and their hashes."""

from __future__ import annotations

from itertools import permutations

import torch
from torch import Tensor

from proofs.vectorised.canonical import Renaming
from proofs.vectorised.layout import Layout
from proofs.vectorised.order import Ordering
from proofs.vectorised.program import Constants, Program, compiled
from proofs.vectorised.seen import hashes


class Canonical:
    """Renames the states of a tensor [cells, states]."""

    def __init__(self, layout: Layout, largest: int, constants: Constants) -> None:
        self._cells, self._width = layout.cells, layout.width
        renaming = Renaming(layout, largest)
        sessions = self._sessions = renaming.sessions
        graph = renaming.graph
        order = Ordering(renaming.state).order()
        self._order: Program = compiled([*order.at, *order.alike, order.ties], constants)
        if renaming.sessions == 1:
            who = [graph.number(1)]
        else:
            who = [graph.cell(layout.cells + k, 1, sessions) for k in range(sessions)]
        self._rename: Program = compiled(renaming.renamed(who), constants)

    def __call__(self, cells: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return canonical rows [states, width] and their two hashes.

        `cells` has a row for each session beyond those of the state, for the order to be put in.
        """
        sessions = self._sessions
        if sessions == 1:
            return self._named(cells)
        *found, ties = self._order(cells)
        for k, who in enumerate(found[:sessions]):
            cells[self._cells + k] = who
        rows, first, second = self._named(cells)
        tied = torch.nonzero(ties).flatten()
        if len(tied):
            order = torch.stack(found)[:, tied]
            again = cells[:, tied]
            for permutation in list(permutations(range(sessions)))[1:]:
                self._try(again, order, permutation, tied, rows, first, second)
        return rows, first, second

    def _try(
        self,
        cells: Tensor,
        order: Tensor,
        permutation: tuple[int, ...],
        tied: Tensor,
        rows: Tensor,
        first: Tensor,
        second: Tensor,
    ) -> None:
        """Rename in another order of sessions that look alike; keep what has the lesser hash."""
        sessions = self._sessions
        at, alike = order[:sessions], order[sessions:]
        moved = list(permutation)
        fits = (alike[moved] == alike).all(0)
        cells[self._cells : self._cells + sessions] = at[moved]
        other, first_again, second_again = self._named(cells)
        better = torch.nonzero(fits & (first_again < first[tied])).flatten()
        rows[tied[better]] = other[better]
        first[tied[better]], second[tied[better]] = first_again[better], second_again[better]

    def _named(self, cells: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        named = self._rename(cells)
        numbers = torch.zeros((self._width, cells.shape[1]), dtype=cells.dtype, device=cells.device)
        for position, column in enumerate(named):
            numbers[position] = column
        rows = numbers.new_empty((cells.shape[1], self._width)).copy_(numbers.t())
        return rows, *hashes(rows)
