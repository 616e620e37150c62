"""Chunks of many turns, laid end to end. Answers: which token goes where, and what may it read?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

import torch
from torch import Tensor

from impl.kernels.choice import Kernels
from impl.model.sampling import GREEDY, Sampling
from impl.paging import location, offset_of, page_of, window_start
from impl.tokens import tokens_of


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

    For attention of prompts, queries are padded to [num_chunks, query_len] and keys to [num_chunks,
    kv_len]. Padded keys read the padding page, so that nothing beyond a turn's own end is read at
    all, not even with weight 0: there may be anything in the tail and in free pages.
    """

    tokens: Tensor  # [num_tokens]
    positions: Tensor  # [num_tokens]
    out_locations: Tensor  # [num_tokens], where their K and V go
    chunks: Tensor  # [num_tokens], the chunk that each is of
    rows: Tensor  # [num_chunks]
    starts: Tensor  # [num_chunks]
    ends: Tensor  # [num_chunks]
    namespaces: Tensor  # [num_chunks]
    last: Tensor  # [num_chunks], index of each chunk's last token
    spans: list[tuple[int, int]]  # of each chunk: its tokens
    recurrents: list[int | None]  # of each chunk: its recurrent state
    table: Tensor  # [num_rows, width], the page table
    page_size: int
    query_len: int  # tokens of the longest chunk
    kv_len: int  # where the last chunk ends

    @classmethod
    def of(cls, chunks: Sequence[Chunk], table: Tensor, page_size: int, kernels: Kernels) -> Batch:
        """Lay out `chunks`, whose rows in `table` [num_rows, width] have pages up to their ends."""
        spans = lay_out([len(chunk.tokens) for chunk in chunks])
        per_chunk = [(x.row, x.start, x.end, x.namespace, end - 1)
                     for x, (_, end) in zip(chunks, spans, strict=True)]  # fmt: skip
        rows, starts, ends, namespaces, last = torch.tensor(per_chunk, device=table.device).T
        tokens = tokens_of()
        for chunk in chunks:
            tokens.extend(chunk.tokens)
        said = torch.frombuffer(tokens, dtype=torch.int32).to(table.device, torch.int64)
        pairs = zip(chunks, spans, strict=True)
        _fill_in(said, [(*chunk.in_air, end - 1) for chunk, (_, end) in pairs if chunk.in_air])
        laid = kernels.out_locations(table, rows, starts, ends, page_size, len(tokens))
        return cls(
            said, laid.positions, laid.locations, laid.chunks, rows, starts, ends, namespaces, last,
            spans, [chunk.recurrent for chunk in chunks], table, page_size,
            query_len=max(len(chunk.tokens) for chunk in chunks),
            kv_len=max(chunk.end for chunk in chunks),
        )  # fmt: skip

    @cached_property
    def padded_index(self) -> Tensor:
        """The place [num_tokens] of each token among the padded queries, flattened."""
        return self.chunks * self.query_len + self.positions - self.starts[self.chunks]

    @cached_property
    def query_positions(self) -> Tensor:
        """The position of each padded query, [num_chunks, query_len, 1]."""
        nth = torch.arange(self.query_len, device=self.table.device)
        return torch.minimum(self.starts[:, None] + nth, self.ends[:, None] - 1)[:, :, None]

    @cached_property
    def kv_locations(self) -> Tensor:
        """The locations [num_chunks, kv_len] that each chunk reads; beyond its end, padding."""
        position, size = torch.arange(self.kv_len, device=self.table.device), self.page_size
        pages = self.table[self.rows[:, None], page_of(position, size)].long()
        locations = location(pages, offset_of(position, size), size)
        return locations.masked_fill(position >= self.ends[:, None], 0)

    def hidden(self, window: int | None = None) -> Tensor:
        """Return [num_chunks, query_len, kv_len], true where a query must not look.

        It looks back to the first token, or `window` tokens.
        """
        position = torch.arange(self.kv_len, device=self.table.device)
        later = position > self.query_positions
        if window is None:
            return later
        return later | (position < window_start(self.query_positions, window))


def lay_out(lens: Sequence[int]) -> list[tuple[int, int]]:
    """Return where each chunk's tokens begin and end, laid end to end."""
    ends = list(accumulate(lens))
    return [(end - length, end) for end, length in zip(ends, lens, strict=True)]


def _fill_in(tokens: Tensor, in_air: list[tuple[Tensor, int, int]]) -> None:
    """Put tokens that are still in the air where they go: one copy for each batch they are of."""
    for batch in {id(batch): batch for batch, _, _ in in_air}.values():
        moved = [(index, place) for of, index, place in in_air if of is batch]
        index, place = torch.tensor(moved, device=tokens.device).T
        tokens[place] = batch[index]
