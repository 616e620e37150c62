"""The linear recurrence of a recurrent layer: a state that sums up all tokens so far."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

DECAY = 0.9


def recur(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    states: Tensor,
    spans: Sequence[tuple[int, int]],
    slots: Sequence[int | None],
) -> Tensor:
    """Move the chunks' states on, token by token, and return what each token reads.

    S <- DECAY * S + k v^T; read = q S. q, k, v: [num_tokens, num_heads, head_dim]; states:
    [num_slots, num_heads, head_dim, head_dim], written in place; `spans` and `slots` name the
    tokens and the state of each chunk. Returns [num_tokens, num_heads * head_dim].
    """
    read = torch.empty_like(q)
    for (start, end), slot in zip(spans, slots, strict=True):
        assert slot is not None, "a row of a model with recurrent layers has a recurrent state"
        state = states[slot]
        for i in range(start, end):
            state = DECAY * state + k[i, :, :, None] * v[i, :, None, :]
            read[i] = (q[i, :, None, :] @ state).squeeze(1)
        states[slot] = state
    return read.flatten(1)
