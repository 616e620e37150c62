"""Chunks of many turns, laid end to end. Answers: which token goes where, and what may it read?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from impl.turn import Turn


class Chunk(NamedTuple):
    """Positions [start, end) of a turn, to be computed; a decode is a chunk of one."""

    turn: Turn
    row: int
    start: int
    end: int


@dataclass(frozen=True)
class Batch:
    """`num_chunks` chunks laid end to end, `num_tokens` tokens in all.

    For attention, queries are padded to [num_chunks, query_len] and keys to [num_chunks, kv_len].
    Padded keys read the padding page, so that nothing beyond a turn's own end is read at all, not
    even with weight 0: there may be anything in the tail and in free pages.
    """

    tokens: Tensor  # [num_tokens]
    positions: Tensor  # [num_tokens]
    out_locations: Tensor  # [num_tokens], where their K and V go
    padded_index: Tensor  # [num_tokens], their place among the padded queries, flattened
    last: Tensor  # [num_chunks], index of each chunk's last token
    kv_locations: Tensor  # [num_chunks, kv_len]
    hidden: Tensor  # [num_chunks, query_len, kv_len], true where a query must not look

    @classmethod
    def of(cls, chunks: list[Chunk], table: Tensor) -> Batch:
        """Lay out `chunks`, whose rows in `table` [num_rows, context_len] reach to their ends."""
        tokens: list[int] = []
        positions: list[int] = []
        rows: list[int] = []
        padded: list[int] = []
        last: list[int] = []
        query_len = max(end - start for _, _, start, end in chunks)
        for i, (turn, row, start, end) in enumerate(chunks):
            tokens += turn.tokens[start:end]
            positions += range(start, end)
            rows += [row] * (end - start)
            padded += range(i * query_len, i * query_len + end - start)
            last.append(len(tokens) - 1)
        flat = torch.tensor([tokens, positions, rows, padded], device=table.device)
        ends = torch.tensor([[chunk.end for chunk in chunks], last], device=table.device)
        kv_locations, hidden = _reach(flat, ends, table, query_len, max(c.end for c in chunks))
        return cls(
            tokens=flat[0],
            positions=flat[1],
            out_locations=table[flat[2], flat[1]],
            padded_index=flat[3],
            last=ends[1],
            kv_locations=kv_locations,
            hidden=hidden,
        )


def _reach(
    flat: Tensor, ends: Tensor, table: Tensor, query_len: int, kv_len: int
) -> tuple[Tensor, Tensor]:
    """Return the locations that each chunk reads, and which of them each of its queries may not."""
    end, last = ends
    num_chunks = end.numel()
    position = torch.arange(kv_len, device=table.device)
    locations = table[:, :kv_len].index_select(0, flat[2, last])
    locations = locations.masked_fill(position >= end[:, None], 0)
    query = torch.zeros(num_chunks * query_len, dtype=torch.int64, device=table.device)
    query[flat[3]] = flat[1]
    return locations, position > query.view(num_chunks, query_len, 1)
