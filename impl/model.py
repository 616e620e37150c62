"""The transformer: RMSNorm, RoPE, grouped KV heads, SiLU. Small, but really computed."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from impl.attention import paged_attention
from impl.batch import Batch
from impl.config import EngineConfig
from impl.kv_pool import KVPool
from impl.weights import Layer, Weights


class Transformer:
    """A decoder-only language model whose K and V live in the KV pool."""

    def __init__(self, config: EngineConfig) -> None:
        """Draw the weights."""
        self.config = config.model
        self.weights = Weights.random(config)

    def forward(self, batch: Batch, kv_pool: KVPool) -> Tensor:
        """Compute the batch, store its K and V, and return logits [num_chunks, vocab_size]."""
        weights = self.weights
        x = weights.embedding[batch.tokens]
        cos, sin = weights.cos[batch.positions], weights.sin[batch.positions]
        for i, layer in enumerate(weights.layers):
            x = x + self._attend(i, layer, norm(x), (cos, sin), batch, kv_pool)
            x = x + functional.silu(norm(x) @ layer.up) @ layer.down
        return norm(x[batch.last]) @ weights.head

    def _attend(
        self,
        index: int,
        layer: Layer,
        x: Tensor,
        angles: tuple[Tensor, Tensor],
        batch: Batch,
        kv_pool: KVPool,
    ) -> Tensor:
        """Return layer `index`'s attention output for `x`, both [num_tokens, hidden_size].

        What attention read is normalised before it is mixed in: a mean over a long context is
        small, and would otherwise say less the longer the context is.
        """
        by_head = (len(x), -1, self.config.head_dim)
        q = rotate((x @ layer.wq).view(by_head), *angles)
        k = rotate((x @ layer.wk).view(by_head), *angles)
        v = (x @ layer.wv).view(by_head)
        kv_pool.write(index, batch.out_locations, k, v)
        read = paged_attention(q, kv_pool.k[index], kv_pool.v[index], batch)
        return norm(read) @ layer.wo


def norm(x: Tensor) -> Tensor:
    """RMSNorm over the last dimension, without learned scale: the weights are random anyway."""
    return functional.rms_norm(x, x.shape[-1:])


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """RoPE: turn each pair (i, i + head_dim / 2) of `x` by its angle.

    x: [num_tokens, heads, head_dim]; cos, sin: [num_tokens, 1, head_dim / 2]. Returns x's shape.
    """
    a, b = x.chunk(2, dim=-1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), dim=-1)
