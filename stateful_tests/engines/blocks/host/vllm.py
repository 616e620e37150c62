"""Hosts vLLM: its own scheduler and KV cache manager, on a stand-in model."""

from __future__ import annotations

import sys
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from stateful_tests.engines.blocks.host.commands import Commands
from stateful_tests.engines.blocks.host.engine import Entry, Hosted, Launch, Shown
from stateful_tests.engines.blocks.host.memory import Memory
from stateful_tests.engines.blocks.world import World
from stateful_tests.engines.hosting.serve import serve
from stateful_tests.engines.hosting.stubs import StubFinder

PACKAGES = (
    *("aiohttp", "av", "cachetools", "cbor2", "cloudpickle", "cpuinfo", "cv2", "fastapi"),
    *("llguidance", "openai", "openai_harmony", "partial_json_parser", "prometheus_client"),
    *("pybase64", "requests", "runai_model_streamer", "scipy", "soundfile", "soxr", "torchaudio"),
    *("torchcodec", "urllib3", "uvloop", "xgrammar", "xxhash", "zmq"),
)
"""What it imports and a scheduler on a CPU never uses: stubs stand in for it."""


class VLLM(Hosted):
    """One scheduler, with a worker that does on numbers what its model runner does."""

    def __init__(self, world: World) -> None:
        from stateful_tests.engines.blocks.host import vllm_parts as parts  # noqa: PLC0415
        from stateful_tests.engines.blocks.host.vllm_worker import Worker  # noqa: PLC0415

        self.parts, self.world = parts, world
        self.scheduler = parts.make_scheduler(world)
        self.pool = self.scheduler.kv_cache_manager.block_pool
        self.memory = Memory(world.num_pages + 1, world.page_size)  # page 0 is its null block
        self.worker = Worker(self.memory)
        self.said = dict[bytes, tuple[int, tuple[int, ...]]]()  # hash -> namespace and tokens
        self.answered = defaultdict[str, list[int]](list)  # output of requests, as it is told
        self.unread = deque[tuple[list[Launch], Any, Any]]()
        self.depth = 2 if world.overlap else 1
        self.hasher = parts.make_hasher(world)
        self.salt: Callable[[int], str | None] = lambda namespace: str(namespace or "") or None

    @property
    def kv(self) -> Sequence[int]:
        """Its numbers, those of the null block left out."""
        return self.memory.values[self.world.page_size :]

    def add(self, rid: str, tokens: Sequence[int], max_new: int, namespace: int) -> None:
        """Take a request; a namespace is a cache salt."""
        salt = self.salt(namespace)
        request = self.parts.make_request(rid, list(tokens), max_new, salt, self.hasher)
        self.worker.namespaces[rid] = namespace
        self.scheduler.add_request(request)

    def abort(self, rid: str) -> bool:
        """End a request, as its engine core does when a client is gone."""
        return bool(self.scheduler.finish_requests(rid, self.parts.ABORTED))

    def launch(self) -> list[Launch]:
        """Schedule and compute a batch, if there is anything to compute."""
        if not self.scheduler.has_requests():
            return []
        output = self.scheduler.schedule()
        for request in self.scheduler.requests.values():
            self._remember(request)
        launches, result = self.worker.run(output)
        self.unread.append((launches, output, result))
        return launches

    def collect(self) -> tuple[list[Launch], list[tuple[str, list[int]]]]:
        """Let the scheduler read the oldest result, once as many batches are on their way as may
        be, or nothing was scheduled."""
        if not self.unread or (len(self.unread) < self.depth and self.unread[-1][0]):
            return [], []
        launches, output, result = self.unread.popleft()
        told = self.scheduler.update_from_output(output, result)
        ended = list[tuple[str, list[int]]]()
        for each in (output for outputs in told.values() for output in outputs.outputs):
            self.answered[each.request_id] += each.new_token_ids
            if each.finished:
                ended.append((each.request_id, self.answered.pop(each.request_id)))
        return launches, ended

    def requests(self) -> Iterator[Shown]:
        """Show its requests, with their block tables."""
        running = {request.request_id for request in self.scheduler.running}
        for rid, request in self.scheduler.requests.items():
            [table] = self.scheduler.kv_cache_manager.get_block_ids(rid)
            yield Shown(
                rid,
                list(request.all_token_ids),
                request.num_prompt_tokens,
                rid in running,
                request.num_computed_tokens,
                request.num_in_flight_tokens,
                [page - 1 for page in table],
            )

    def entries(self) -> Iterator[Entry]:
        """Show which hashes find which blocks."""
        for hashed, found in self.pool.cached_block_hash_to_block._cache.items():
            namespace, tokens = self.said[self.parts.get_block_hash(hashed)]
            blocks = found.values() if isinstance(found, dict) else [found]
            yield Entry(namespace, tokens, [block.block_id - 1 for block in blocks])

    def free(self) -> list[int]:
        """Return the queue of free blocks, link by link."""
        return [block.block_id - 1 for block in self.pool.free_block_queue.get_all_free_blocks()]

    def num_free(self) -> int:
        """Return its own count."""
        return int(self.pool.get_num_free_blocks())

    def references(self) -> list[int]:
        """Return the reference counts."""
        return [block.ref_cnt for block in self.pool.blocks[1:]]

    def _remember(self, request: Any) -> None:
        """Note what the hashes of a request's whole blocks say."""
        namespace, size = self.worker.namespaces[request.request_id], self.world.page_size
        for i, digest in enumerate(request.block_hashes):
            said = tuple(request.all_token_ids[: (i + 1) * size])
            self.said[bytes(digest)] = namespace, said


def make(world: World) -> VLLM:
    """Make a scheduler."""
    engine = VLLM(world)
    if world.planted:
        from stateful_tests.engines.blocks.host.vllm_plants import PLANTS  # noqa: PLC0415

        for name in world.planted:
            PLANTS[name](engine)
    return engine


if __name__ == "__main__":
    sys.meta_path.append(StubFinder(PACKAGES, "vllm"))
    serve(lambda: Commands(make))
