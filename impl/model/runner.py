"""One forward pass. Answers: which token comes next after each of these chunks?"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from impl.cache.page_table import PageTable
from impl.model.batch import Batch, Chunk
from impl.model.memory import Memory
from impl.model.sampling import choose
from impl.model.transformer import Transformer


class Runner:
    """Runs the model over chunks whose locations are in the rows."""

    def __init__(self, model: Transformer, rows: PageTable, memory: Memory) -> None:
        """Compute with `model` on the KV pools, through the rows."""
        self.model = model
        self.rows = rows
        self.memory = memory

    @torch.inference_mode()
    def forward(self, chunks: Sequence[Chunk]) -> Tensor:
        """Store the chunks' K and V; return the next token of each chunk [num_chunks].

        The tokens stay on the device: nobody waits for them before they are read.
        """
        batch = Batch.of(chunks, self.rows.on_device(), self.rows.page_size, self.memory.kernels)
        logits = self.model.forward(batch, self.memory)
        return choose(logits, [c.sampling for c in chunks], [c.end for c in chunks])

    @torch.inference_mode()
    def verify(self, chunk: Chunk) -> list[int]:
        """Store the chunk's K and V; return the next token after each of its tokens."""
        batch = Batch.of([chunk], self.rows.on_device(), self.rows.page_size, self.memory.kernels)
        logits = self.model.forward(batch, self.memory, every_token=True)
        positions = range(chunk.start + 1, chunk.end + 1)
        following: list[int] = choose(logits, [chunk.sampling] * len(positions), positions).tolist()
        return following
