"""The dense reference: the same weights, naive attention over the whole sequence, no pool at all.

Written from the shapes of the weights alone, head by head and without any of `impl`'s own
arithmetic, so that a mistake there is not repeated here.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from impl.model import Transformer


def dense_output(model: Transformer, prompt: list[int], max_new_tokens: int) -> list[int]:
    """Return the `max_new_tokens` tokens that greedy decoding appends to `prompt`."""
    tokens = list(prompt)
    for _ in range(max_new_tokens):
        logits, _, _ = dense_forward(model, tokens)
        tokens.append(int(logits[-1].argmax()))
    return tokens[len(prompt) :]


def dense_kv(model: Transformer, tokens: list[int]) -> tuple[Tensor, Tensor]:
    """Return K and V of all `tokens`, each [num_layers, num_tokens, num_kv_heads, head_dim]."""
    _, k, v = dense_forward(model, tokens)
    return k, v


def dense_attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Causal attention of one sequence, head by head.

    q: [num_tokens, num_heads, head_dim]; k, v: [num_tokens, num_kv_heads, head_dim]. Returns the
    shape of q.
    """
    num_tokens, num_heads, head_dim = q.shape
    share = num_heads // k.shape[1]
    past = torch.ones(num_tokens, num_tokens, dtype=torch.bool, device=q.device).tril()
    out = torch.empty_like(q)
    for head in range(num_heads):
        scores = q[:, head] @ k[:, head // share].T / math.sqrt(head_dim)
        weights = torch.where(past, scores, -math.inf).softmax(dim=1)
        out[:, head] = weights @ v[:, head // share]
    return out


@torch.no_grad()
def dense_forward(model: Transformer, tokens: list[int]) -> tuple[Tensor, Tensor, Tensor]:
    """Return logits [num_tokens, vocab_size], and K and V of every layer."""
    weights, head_dim = model.weights, model.config.head_dim
    x = weights.embedding[tokens]
    keys, values = [], []
    for layer in weights.layers:
        h = _rms(x)
        q = _rope(_heads(h @ layer.wq, head_dim))
        k = _rope(_heads(h @ layer.wk, head_dim))
        v = _heads(h @ layer.wv, head_dim)
        keys.append(k)
        values.append(v)
        x = x + _rms(dense_attention(q, k, v).flatten(1)) @ layer.wo
        h = _rms(x) @ layer.up
        x = x + (h * h.sigmoid()) @ layer.down
    return _rms(x) @ weights.head, torch.stack(keys), torch.stack(values)


def _heads(x: Tensor, head_dim: int) -> Tensor:
    return x.reshape(x.shape[0], -1, head_dim)


def _rms(x: Tensor) -> Tensor:
    return x / (x.square().mean(dim=-1, keepdim=True) + torch.finfo(x.dtype).eps).sqrt()


def _rope(x: Tensor) -> Tensor:
    """Rotate pair i by position * 10000 ** (-i / half), written with complex numbers."""
    num_tokens, _, head_dim = x.shape
    half = head_dim // 2
    position = torch.arange(num_tokens, dtype=torch.float64, device=x.device)
    pair = torch.arange(half, dtype=torch.float64, device=x.device)
    angle = position[:, None, None] / 10000.0 ** (pair / half)
    pairs = torch.complex(x[..., :half].double(), x[..., half:].double())
    turned = pairs * torch.polar(torch.ones_like(angle), angle)
    return torch.cat((turned.real, turned.imag), dim=-1).to(x.dtype)
