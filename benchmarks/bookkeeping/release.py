"""A released SGLang as a contestant: its own scheduler, caches, pools and functions, unmodified.

Runs in the release's environment. What is replaced is what a CPU has not: the model, KV tensors,
and Triton kernels where the release has no function of its own instead (`kernels`).
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import torch
from sglang.srt.layers.logits_processor import LogitsProcessorOutput
from sglang.srt.managers.schedule_batch import Req
from sglang.srt.managers.utils import GenerationBatchResult
from sglang.srt.mem_cache import allocator as allocators
from sglang.srt.mem_cache import common
from sglang.srt.session.session_controller import Session

from benchmarks.bookkeeping.contestant import Contestant
from benchmarks.bookkeeping.kernels import Kernels
from benchmarks.bookkeeping.point import Point
from benchmarks.bookkeeping.stopwatch import Stopwatch
from stateful_tests.engines.sglang.host import requests, without_model
from stateful_tests.engines.sglang.host.names import names
from stateful_tests.engines.sglang.host.tree import slots_of
from stateful_tests.engines.sglang.host.worker import Worker
from stateful_tests.engines.sglang.host.world import World


class Silent(Worker):
    """A model worker that computes nothing and says one token always."""

    def forward_batch_generation(self, batch: Any, **_options: Any) -> Any:
        """Return the next token of each request."""
        return GenerationBatchResult(
            logits_output=LogitsProcessorOutput(next_token_logits=None),
            next_token_ids=torch.ones(len(batch.reqs), dtype=torch.int64),
            can_run_cuda_graph=False,
        )


def allocator_of(world: World) -> Any:
    """Return the release's allocator, over no KV."""
    pool = SimpleNamespace(size=world.pool_size, page_size=world.page_size)
    common = {"dtype": torch.float32, "device": "cpu", "kvcache": pool, "need_sort": False}
    if world.page_size == 1:
        return allocators.TokenToKVPoolAllocator(world.pool_size, **common)
    return allocators.PagedTokenToKVPoolAllocator(world.pool_size, world.page_size, **common)


def time_everywhere(stopwatch: Stopwatch, module: Any, name: str, operation: str) -> None:
    """Time a function in every module of the release that imported it."""
    function = vars(module)[name]
    timed = stopwatch.timed(function, operation)
    for known, loaded in list(sys.modules.items()):
        if known.startswith("sglang.") and vars(loaded).get(name) is function:
            setattr(loaded, name, timed)


class Release(Contestant):
    """The release that is installed here, with the cache that it has by default."""

    def __init__(self) -> None:
        """Wrap the release's functions, in this process for good."""
        super().__init__()
        known = names()
        scheduler = import_module(f"stateful_tests.engines.sglang.host.{known.scheduler}")
        self.make_scheduler = scheduler.HostedScheduler
        vars(without_model).update(allocator_of=allocator_of, Worker=Silent)
        self.stopwatch.time(Session, "create_req", "create")
        self.stopwatch.time(Req, "init_next_round_input", "match")
        allocation = import_module(known.allocation)
        self.kernels = Kernels(import_module(known.allocators), allocation)
        for name in ("alloc_for_extend", "alloc_for_decode"):
            time_everywhere(self.stopwatch, allocation, name, "allocate")
        time_everywhere(self.stopwatch, common, "release_kv_cache", "finish")

    def make(self, point: Point) -> None:
        """Make a scheduler, with rows to spare.

        A turn is only admitted when there is a free row, even if it will run on its session's.
        """
        self.kernels.choose(free=point.free_kernels)
        self.engine = self.make_scheduler(
            World(
                page_size=point.page_size,
                num_pages=point.num_pages,
                rows=point.sessions + point.batch,
                context_len=point.most + point.tail + 16,
                max_prefill_tokens=point.most * point.batch,
            )
        )

    def open(self, session: int) -> None:
        """Open a session."""
        self._ask(requests.opening(str(session), None))

    def close(self, session: int) -> None:
        """Close a session."""
        self._ask(requests.closing(str(session)))

    def submit(self, session: int, turn: int, tokens: list[int], max_new_tokens: int) -> None:
        """Hand a turn over."""
        self._ask(requests.generation(str(turn), tokens, max_new_tokens, session=str(session)))

    def _ask(self, request: Any) -> None:
        self.engine.process_input_requests([request])

    def run(self, num_turns: int) -> None:
        """Run the release's loop until all turns have ended."""
        answers: list[Any] = self.engine.answers
        ended: list[Any] = []
        while len(ended) < num_turns:
            self.engine.iterate()
            ended += [told for told in answers if told.get("reason")]
            answers.clear()
        kinds = [told["reason"]["type"] for told in ended]
        assert kinds == ["length"] * num_turns, ended

    def lengths(self) -> list[int]:
        """Return the tokens of each session's last turn."""
        sessions = self.engine.session_controller.sessions.values()
        last = [next(iter(session.req_nodes.values())).req for session in sessions]
        return [len(req.origin_input_ids) + len(req.output_ids) for req in last]

    def leave_tail(self, session: int, length: int) -> None:
        """Give a slot more locations: those left on its last page, then new pages."""
        slot = slots_of(self.engine)[str(session)]
        kv = getattr(slot, "kv", slot)
        rows, allocator = self.pools()
        row, size = rows.req_to_token[kv.req_pool_idx], allocator.page_size
        start = kv.kv_allocated_len
        begun = min(-start % size, length)
        row[start : start + begun] = row[start - 1] + 1 + torch.arange(begun)
        start, end = start + begun, start + length
        new = allocator.alloc(-(-(end - start) // size) * size)
        assert new is not None, "there is room"
        row[start:end] = new[: end - start]
        kv.kv_allocated_len = end

    def pools(self) -> tuple[Any, Any]:
        """Return rows and allocator."""
        return self.engine.req_to_token_pool, self.engine.token_to_kv_pool_allocator
