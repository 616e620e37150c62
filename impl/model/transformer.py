"""The transformer: RMSNorm, RoPE, grouped KV heads, SiLU. Small, but really computed."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from impl.config import EngineConfig
from impl.model.batch import Batch
from impl.model.memory import Memory, Views
from impl.model.weights import Layer, Weights


class Transformer:
    """A decoder-only language model whose K and V live in the KV pools."""

    def __init__(self, config: EngineConfig) -> None:
        """Draw the weights."""
        self.config = config.model
        self.window_len = config.window
        self.weights = Weights.random(config)

    def forward(self, batch: Batch, memory: Memory, *, every_token: bool = False) -> Tensor:
        """Compute the batch, store its K and V, and return logits [num_chunks, vocab_size].

        With `every_token` the logits are those after each token: [num_tokens, vocab_size].
        """
        weights, views = self.weights, memory.views(batch)
        adapters = weights.adapters[batch.namespaces[batch.chunks] % len(weights.adapters)]
        x = weights.embedding[batch.tokens] + adapters
        angles = weights.cos[batch.positions], weights.sin[batch.positions]
        for layer in weights.layers:
            x = x + self._attend(layer, norm(x), angles, views)
            x = x + functional.silu(norm(x) @ layer.up) @ layer.down
        return norm(x if every_token else x[batch.last]) @ weights.head

    def _attend(
        self, layer: Layer, x: Tensor, angles: tuple[Tensor, Tensor], views: Views
    ) -> Tensor:
        """Return a layer's attention output for `x`, both [num_tokens, hidden_size].

        What attention read is normalised before it is mixed in: a mean over a long context is
        small, and would otherwise say less the longer the context is.
        """
        by_head = (len(x), -1, self.config.head_dim)
        q = rotate((x @ layer.wq).view(by_head), *angles)
        k = rotate((x @ layer.wk).view(by_head), *angles)
        v = (x @ layer.wv).view(by_head)
        return norm(views.attend(layer, q, k, v)) @ layer.wo


def norm(x: Tensor) -> Tensor:
    """RMSNorm over the last dimension, without learned scale: the weights are random anyway."""
    return functional.rms_norm(x, x.shape[-1:])


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """RoPE: turn each pair (i, i + head_dim / 2) of `x` by its angle.

    x: [num_tokens, heads, head_dim]; cos, sin: [num_tokens, 1, head_dim / 2]. Returns x's shape.
    """
    a, b = x.chunk(2, dim=-1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), dim=-1)
