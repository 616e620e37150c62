"""One forward pass. Answers: which token comes next after each of these chunks?"""

from __future__ import annotations

import torch

from impl.batch import Batch, Chunk
from impl.kv_pool import KVPool
from impl.model import Transformer
from impl.rows import ReqToTokenPool


class Runner:
    """Runs the model over chunks whose locations are in the rows."""

    def __init__(self, model: Transformer, rows: ReqToTokenPool, kv_pool: KVPool) -> None:
        """Compute with `model` on the KV pool, through the rows."""
        self.model = model
        self.rows = rows
        self.kv_pool = kv_pool

    @torch.inference_mode()
    def forward(self, chunks: list[Chunk]) -> list[int]:
        """Store the chunks' K and V; return the greedy next token after each chunk's last token."""
        batch = Batch.of(chunks, self.rows.table)
        next_tokens: list[int] = self.model.forward(batch, self.kv_pool).argmax(-1).tolist()
        return next_tokens
