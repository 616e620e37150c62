"""All that the model's layers remember: KV pools and recurrent states, and the layers' view of it.

Which layers a model has decides which of them there are.
"""

from __future__ import annotations

from torch import Tensor

from impl.attention import paged_attention
from impl.batch import Batch
from impl.config import EngineConfig
from impl.kv_pool import KVPool
from impl.recurrence import recur
from impl.recurrent_pool import RecurrentPool
from impl.weights import Layer
from impl.window_pool import WindowPool


class Memory:
    """The pools of one engine."""

    def __init__(self, config: EngineConfig) -> None:
        """Allocate the pools that `config` asks for."""
        self.kv_pool = KVPool(config, config.model.num_layers, config.num_pages)
        self.window_len = config.window
        self.window = WindowPool(config) if config.window else None
        self.recurrents = RecurrentPool(config) if config.recurrents else None

    def views(self, batch: Batch) -> Views:
        """Return where one batch's tokens lie for each kind of layer."""
        return Views(self, batch)


class Views:
    """One batch over the pools: masks and locations are made once for all layers of a kind."""

    def __init__(self, memory: Memory, batch: Batch) -> None:
        """Look at `memory` for `batch`."""
        self._memory, self._batch = memory, batch
        self._full = batch.out_locations, batch.kv_locations, batch.hidden()
        if memory.window:
            translate = memory.window.locations
            out, kv = translate(batch.out_locations), translate(batch.kv_locations)
            self._sliding = out, kv, batch.hidden(memory.window_len)

    def attend(self, layer: Layer, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Store the batch's `k` and `v`, and return what its queries read in this layer."""
        if layer.kind == "recurrent":
            assert self._memory.recurrents is not None, "the model has recurrent layers"
            return recur(q, k, v, self._memory.recurrents.states, self._batch.spans)
        pool, (out, kv, hidden) = self._memory.kv_pool, self._full
        if layer.kind == "sliding":
            assert self._memory.window is not None, "the model has sliding-window layers"
            pool, (out, kv, hidden) = self._memory.window.kv, self._sliding
        pool.write(layer.index, out, k, v)
        keys, values = pool.k[layer.index], pool.v[layer.index]
        return paged_attention(q, keys, values, self._batch.padded_index, kv, hidden)
