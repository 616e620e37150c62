"""The dense reference: the same weights, naive attention over the whole sequence, no pool at all.

Written from the shapes of the weights alone, head by head and without any of `impl`'s own
arithmetic, so that a mistake there is not repeated here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from impl.model.recurrence import DECAY
from impl.model.sampling import GREEDY, Sampling
from impl.model.transformer import Transformer
from stateful_tests.engines.reference.sampled import said


class DenseRun(NamedTuple):
    """What the model computes for some tokens, in all layers of each kind.

    K and V are [num_layers, num_tokens, num_kv_heads, head_dim]; `states` are the recurrent layers'
    after each token, [num_layers, num_tokens, num_heads, head_dim, head_dim].
    """

    logits: Tensor  # [num_tokens, vocab_size]
    k: Tensor
    v: Tensor
    window_k: Tensor
    window_v: Tensor
    states: Tensor


def dense_output(
    model: Transformer,
    prompt: Sequence[int],
    max_new_tokens: int,
    namespace: int = 0,
    sampling: Sampling = GREEDY,
) -> list[int]:
    """Return the `max_new_tokens` tokens that decoding appends to `prompt`, past any stop."""
    tokens = list(prompt)
    for _ in range(max_new_tokens):
        run = dense_forward(model, tokens, namespace)
        tokens += said(run.logits[-1:], sampling, len(tokens))
    return tokens[len(prompt) :]


def dense_attention(q: Tensor, k: Tensor, v: Tensor, window: int | None = None) -> Tensor:
    """Causal attention of one sequence, head by head; it looks back `window` tokens, or at all.

    q: [num_tokens, num_heads, head_dim]; k, v: [num_tokens, num_kv_heads, head_dim]. Returns the
    shape of q.
    """
    num_tokens, num_heads, head_dim = q.shape
    share = num_heads // k.shape[1]
    past = torch.ones(num_tokens, num_tokens, dtype=torch.bool, device=q.device).tril()
    if window is not None:
        past = past.triu(-window)
    out = torch.empty_like(q)
    for head in range(num_heads):
        scores = q[:, head] @ k[:, head // share].T / math.sqrt(head_dim)
        weights = torch.where(past, scores, -math.inf).softmax(dim=1)
        out[:, head] = weights @ v[:, head // share]
    return out


def dense_recurrence(q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """Return what each token reads, and the state after it: older tokens have faded the more.

    q, k, v: [num_tokens, num_heads, head_dim]. No step by step: sums over all earlier tokens.
    """
    position = torch.arange(len(q), device=q.device)
    age = (position[:, None] - position).clamp(min=0)
    fading = (DECAY ** age.to(q.dtype)).tril()
    states = torch.einsum("ti,ihd,ihe->thde", fading, k, v)
    return torch.einsum("thd,thde->the", q, states), states


@torch.no_grad()
def dense_forward(model: Transformer, tokens: list[int], namespace: int = 0) -> DenseRun:
    """Run the model over all `tokens` at once."""
    weights, head_dim = model.weights, model.config.head_dim
    x = weights.embedding[tokens] + weights.adapters[namespace % model.config.num_adapters]
    found: dict[str, list[Tensor]] = {name: [] for name in DenseRun._fields[1:]}
    for layer in weights.layers:
        h = _rms(x)
        q = _rope(_heads(h @ layer.wq, head_dim))
        k = _rope(_heads(h @ layer.wk, head_dim))
        v = _heads(h @ layer.wv, head_dim)
        if layer.kind == "recurrent":
            read, states = dense_recurrence(q, k, v)
            found["states"].append(states)
        else:
            is_sliding = layer.kind == "sliding"
            read = dense_attention(q, k, v, model.window_len if is_sliding else None)
            found["window_k" if is_sliding else "k"].append(k)
            found["window_v" if is_sliding else "v"].append(v)
        x = x + _rms(read.flatten(1)) @ layer.wo
        h = _rms(x) @ layer.up
        x = x + (h * h.sigmoid()) @ layer.down
    stacks = {name: torch.stack(parts) if parts else x[:0] for name, parts in found.items()}
    return DenseRun(_rms(x) @ weights.head, **stacks)


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
