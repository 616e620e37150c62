"""All that the model's layers remember: KV pools and recurrent states, and the layers' view of it.

Which layers a model has decides which of them there are.
"""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor

from impl.cache.kv_pool import KVPool
from impl.cache.launches import Launches
from impl.cache.recurrent_pool import RecurrentPool
from impl.cache.window_pool import WindowPool
from impl.config import EngineConfig
from impl.kernels.choice import Kernels
from impl.model.attention import paged_attention
from impl.model.batch import Batch
from impl.model.recurrence import recur
from impl.model.weights import Layer


class Memory:
    """The pools of one engine."""

    def __init__(self, config: EngineConfig, kernels: Kernels, launches: Launches) -> None:
        """Allocate the pools that `config` asks for."""
        self.kernels = kernels
        self.kv_pool = KVPool(config, config.model.num_layers, config.num_pages)
        self.window_len = config.window
        self.window = WindowPool(config, launches) if config.window else None
        self.recurrents = RecurrentPool(config, launches) if config.recurrents else None

    def views(self, batch: Batch) -> Views:
        """Return where one batch's tokens lie for each kind of layer."""
        return Views(self, batch)


class Views:
    """One batch over the pools: masks and locations are made once for all layers of a kind."""

    def __init__(self, memory: Memory, batch: Batch) -> None:
        """Look at `memory` for `batch`."""
        self._memory, self._batch = memory, batch

    def attend(self, layer: Layer, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Store the batch's `k` and `v`, and return what its queries read in this layer."""
        memory, batch = self._memory, self._batch
        if layer.kind == "recurrent":
            assert memory.recurrents is not None, "the model has recurrent layers"
            return recur(q, k, v, memory.recurrents.states, batch.spans, batch.recurrents)
        is_sliding = layer.kind == "sliding"
        out = self._window_out if is_sliding else batch.out_locations
        pool = self._window.kv if is_sliding else memory.kv_pool
        keys, values = pool.k[layer.index], pool.v[layer.index]
        memory.kernels.store_kv(keys, values, out, k, v)
        if batch.query_len == 1:
            return self._decode(q, keys, values, is_sliding)
        kv, hidden = self._sliding if is_sliding else self._full
        return paged_attention(q, keys, values, batch.padded_index, kv, hidden)

    def _decode(self, q: Tensor, keys: Tensor, values: Tensor, is_sliding: bool) -> Tensor:
        """Let one query of each row read, through the page table itself."""
        batch, window = self._batch, self._memory.window_len if is_sliding else None
        table, rows = (batch.table, batch.rows) if not is_sliding else self._window_table
        return self._memory.kernels.decode_attention(
            q, keys, values, table, rows, batch.ends, batch.page_size, window, batch.kv_len
        )

    @cached_property
    def _full(self) -> tuple[Tensor, Tensor]:
        return self._batch.kv_locations, self._batch.hidden()

    @property
    def _window(self) -> WindowPool:
        assert self._memory.window is not None, "the model has sliding-window layers"
        return self._memory.window

    @cached_property
    def _window_out(self) -> Tensor:
        return self._window.locations(self._batch.out_locations)

    @cached_property
    def _sliding(self) -> tuple[Tensor, Tensor]:
        kv = self._window.locations(self._batch.kv_locations)
        return kv, self._batch.hidden(self._memory.window_len)

    @cached_property
    def _window_table(self) -> tuple[Tensor, Tensor]:
        """The window pages of the batch's rows [num_chunks, width], and these rows' numbers."""
        pages = self._batch.table[self._batch.rows]
        windows = self._window.of_page.on_device()[pages.long()]
        return windows, torch.arange(len(pages), device=pages.device)
