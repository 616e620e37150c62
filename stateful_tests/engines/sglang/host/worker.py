"""The stand-in for the model worker: reads and writes KV as a model would, on numbers."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import torch
from sglang.srt.layers.logits_processor import LogitsProcessorOutput
from sglang.srt.managers.utils import GenerationBatchResult

from stateful_tests.engines.hosting.history import beginning, mixed, token
from stateful_tests.engines.sglang.host.kv_pool import HistoryPool
from stateful_tests.engines.sglang.host.names import names


class Runner:
    """What the scheduler looks at in a model runner. What is not here is not there: None."""

    def __init__(self, model_config: Any, pool: HistoryPool) -> None:
        self.model_config = model_config
        self.token_to_kv_pool = pool
        self.mtp_draft_device_pools = self.mtp_draft_mamba_pools = ()
        self.weight_load_mem_usage = 0.0
        self.ngram_embedding_manager = SimpleNamespace(
            prepare_for_forward=lambda batch, **_options: batch
        )

    def __getattr__(self, _name: str) -> None:
        """Say that there is no such thing."""


class Worker:
    """What the release's scheduler takes for its tensor-parallel model worker."""

    def __init__(self, model_config: Any, rows: Any, allocator: Any) -> None:
        self.extend_lens = names().extend_lens
        self.model_config = model_config
        self.rows = rows
        self.allocator = allocator
        self.pool: HistoryPool = allocator.get_kvcache()
        self.is_hybrid_swa = False
        self.model_runner = Runner(model_config, self.pool)
        self.weight_load_time = self.graph_time_usage = self.graph_memory_usage = 0.0

    def get_memory_pool(self) -> tuple[Any, Any]:
        """Return the release's own pool of rows and allocator."""
        return self.rows, self.allocator

    def forward_batch_generation(self, batch: Any, **_options: Any) -> Any:
        """Compute KV for the batch's new tokens, and one next token per request."""
        decoding = batch.forward_mode.is_decode()
        extend_lens = getattr(batch, self.extend_lens)
        lens = [1] * len(batch.reqs) if decoding else extend_lens
        seq_lens, rows = batch.seq_lens.tolist(), batch.req_pool_indices.tolist()
        inputs, locations = batch.input_ids.tolist(), batch.out_cache_loc.tolist()
        following, at = [], 0
        for req, row, end, new in zip(batch.reqs, rows, seq_lens, lens, strict=True):
            place = slice(at, at + new)
            listed = self.rows.req_to_token[row, :end].tolist()
            namespace = req.extra_key or ""
            following.append(self._said(namespace, listed, inputs[place], locations[place]))
            at += new
        return GenerationBatchResult(
            logits_output=LogitsProcessorOutput(next_token_logits=None),
            next_token_ids=torch.tensor(following, dtype=torch.int64),
            can_run_cuda_graph=False,
        )

    def _said(
        self, namespace: str, listed: Sequence[int], inputs: Sequence[int], locations: Sequence[int]
    ) -> int:
        """Read the prefix through the row, write the new KV, read that too, and say a token."""
        values, digest = self.pool.values, beginning(namespace)
        start = len(listed) - len(inputs)
        for location in listed[:start]:
            digest = mixed(digest, values[location])
        for said, location, read in zip(inputs, locations, listed[start:], strict=True):
            values[location] = mixed(digest, said)
            digest = mixed(digest, values[read])
        return token(digest)
