"""The K and V of every location. Answers: what was computed for the token that lies there?"""

from __future__ import annotations

import torch

from impl.config import EngineConfig
from impl.paging import num_locations


class KVPool:
    """Tensors `k` and `v`, each [num_layers, num_locations, num_kv_heads, head_dim]."""

    def __init__(self, config: EngineConfig, num_layers: int, num_pages: int) -> None:
        """Start with zeros everywhere; the padding page, which comes first, stays so."""
        model = config.model
        size = num_locations(num_pages, config.page_size)
        shape = (num_layers, size, model.num_kv_heads, model.head_dim)
        self.k = torch.zeros(shape, dtype=config.torch_dtype, device=config.device)
        self.v = torch.zeros(shape, dtype=config.torch_dtype, device=config.device)
