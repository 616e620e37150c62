"""Chunks of many turns, laid end to end. Answers: which token goes where, and what may it read?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from impl.paging import location, offset_of, page_of, window_start
from impl.sampling import GREEDY, Sampling


class Chunk(NamedTuple):
    """Positions [start, start + len(tokens)) of a row, to be computed; a decode is a chunk of one.

    With overlap the one token of a decode may still be in the air: what `tokens` says is then only
    a placeholder, and the token is read on the device.
    """

    tokens: Sequence[int]
    row: int
    start: int
    namespace: int = 0
    in_air: tuple[Tensor, int] | None = None  # what an unread batch yields, and which token of it
    recurrent: int | None = None  # the recurrent state of the row
    sampling: Sampling = GREEDY

    @property
    def end(self) -> int:
        """Where the next chunk starts."""
        return self.start + len(self.tokens)


@dataclass(frozen=True)
class Batch:
    """`num_chunks` chunks laid end to end, `num_tokens` tokens in all.

    For attention, queries are padded to [num_chunks, query_len] and keys to [num_chunks, kv_len].
    Padded keys read the padding page, so that nothing beyond a turn's own end is read at all, not
    even with weight 0: there may be anything in the tail and in free pages.
    """

    tokens: Tensor  # [num_tokens]
    positions: Tensor  # [num_tokens]
    namespaces: Tensor  # [num_tokens]
    out_locations: Tensor  # [num_tokens], where their K and V go
    padded_index: Tensor  # [num_tokens], their place among the padded queries, flattened
    last: Tensor  # [num_chunks], index of each chunk's last token
    kv_locations: Tensor  # [num_chunks, kv_len]
    query_positions: Tensor  # [num_chunks, query_len, 1]
    spans: list[tuple[int, int, int | None]]  # of each chunk: its tokens, and recurrent state

    @classmethod
    def of(cls, chunks: Sequence[Chunk], table: Tensor, page_size: int) -> Batch:
        """Lay out `chunks`, whose rows in `table` [num_rows, width] have pages up to their ends."""
        lists, spans, query_len = lay_out(chunks)
        flat = torch.tensor(lists, device=table.device)
        last = [end - 1 for _, end, _ in spans]
        ends = torch.tensor([[chunk.end for chunk in chunks], last], device=table.device)
        _fill_in(flat[0], [(*c.in_air, at) for c, at in zip(chunks, last, strict=True) if c.in_air])
        kv_locations = _reach(flat, ends, table, max(chunk.end for chunk in chunks), page_size)
        queries = torch.zeros(len(chunks) * query_len, dtype=torch.int64, device=table.device)
        queries[flat[3]] = flat[1]
        return cls(
            tokens=flat[0],
            positions=flat[1],
            namespaces=flat[4],
            out_locations=_locations(table, flat[2], flat[1], page_size),
            padded_index=flat[3],
            last=ends[1],
            kv_locations=kv_locations,
            query_positions=queries.view(len(chunks), query_len, 1),
            spans=spans,
        )

    def hidden(self, window: int | None = None) -> Tensor:
        """Return [num_chunks, query_len, kv_len], true where a query must not look.

        It looks back to the first token, or `window` tokens.
        """
        position = torch.arange(self.kv_locations.shape[1], device=self.kv_locations.device)
        later = position > self.query_positions
        if window is None:
            return later
        return later | (position < window_start(self.query_positions, window))


def lay_out(
    chunks: Sequence[Chunk],
) -> tuple[list[list[int]], list[tuple[int, int, int | None]], int]:
    """Return tokens, positions, rows, padded places and namespaces; spans; the longest query."""
    tokens: list[int] = []
    positions: list[int] = []
    rows: list[int] = []
    padded: list[int] = []
    namespaces: list[int] = []
    spans: list[tuple[int, int, int | None]] = []
    query_len = max(len(chunk.tokens) for chunk in chunks)
    for i, chunk in enumerate(chunks):
        length = len(chunk.tokens)
        spans.append((len(tokens), len(tokens) + length, chunk.recurrent))
        tokens += chunk.tokens
        positions += range(chunk.start, chunk.end)
        rows += [chunk.row] * length
        padded += range(i * query_len, i * query_len + length)
        namespaces += [chunk.namespace] * length
    return [tokens, positions, rows, padded, namespaces], spans, query_len


def _fill_in(tokens: Tensor, in_air: list[tuple[Tensor, int, int]]) -> None:
    """Put tokens that are still in the air where they go: one copy for each batch they are of."""
    for batch in {id(batch): batch for batch, _, _ in in_air}.values():
        moved = [(index, place) for of, index, place in in_air if of is batch]
        index, place = torch.tensor(moved, device=tokens.device).T
        tokens[place] = batch[index]


def _reach(flat: Tensor, ends: Tensor, table: Tensor, kv_len: int, page_size: int) -> Tensor:
    """Return the locations that each chunk reads; beyond its end, the padding page."""
    end, last = ends
    position = torch.arange(kv_len, device=table.device)
    locations = _locations(table, flat[2, last][:, None], position, page_size)
    return locations.masked_fill(position >= end[:, None], 0)


def _locations(table: Tensor, rows: Tensor, positions: Tensor, page_size: int) -> Tensor:
    """Return where the tokens at `positions` of `rows` lie."""
    pages = table[rows, page_of(positions, page_size)].long()
    return location(pages, offset_of(positions, page_size), page_size)
