"""Hosts a build of nano-vllm: its scheduler, block manager and sequences, on a stand-in model.

Its engine's step is `LLMEngine.step`: schedule, run, postprocess. What runs here is told as its
`ModelRunner.prepare_prefill` and `prepare_decode` tell a model, the choice of logits included.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec
from types import SimpleNamespace
from typing import Any

from stateful_tests.engines.blocks.host.commands import Commands
from stateful_tests.engines.blocks.host.engine import Entry, Hosted, Launch, Shown
from stateful_tests.engines.blocks.host.memory import VOCABULARY, Memory
from stateful_tests.engines.blocks.host.nano_plants import PLANTS
from stateful_tests.engines.blocks.world import World
from stateful_tests.engines.hosting.history import token
from stateful_tests.engines.hosting.serve import serve
from stateful_tests.engines.hosting.stubs import StubFinder


class Nano(Hosted):
    """One scheduler. Its page size is any from 2 on: the 256 that its Config asks for is a limit
    of its kernels, and a page of one token its `may_append` cannot handle."""

    def __init__(self, world: World) -> None:
        self.world = world
        engine = f"{world.module}.engine"
        self.sequence = importlib.import_module(f"{engine}.sequence").Sequence
        self.sequence.block_size = world.page_size
        self.params = importlib.import_module(f"{world.module}.sampling_params").SamplingParams
        config = SimpleNamespace(
            max_num_seqs=world.rows,
            max_num_batched_tokens=world.token_budget,
            eos=-1,
            num_kvcache_blocks=world.num_pages,
            kvcache_block_size=world.page_size,
        )
        self.scheduler = importlib.import_module(f"{engine}.scheduler").Scheduler(config)
        self.manager = self.scheduler.block_manager
        self.memory = Memory(world.num_pages, world.page_size)
        self.names = dict[int, str]()  # sequence id -> request
        self.said = dict[int, tuple[int, ...]]()  # hash -> all tokens up to its page's end
        self.batch: tuple[list[Any], list[Launch], list[int]] = [], [], []

    @property
    def kv(self) -> Sequence[int]:
        """Its numbers."""
        return self.memory.values

    def add(self, rid: str, tokens: Sequence[int], max_new: int, namespace: int) -> None:
        """Take a request, as `LLMEngine.add_request` does."""
        assert namespace == 0, "it knows no namespaces"
        sequence = self.sequence(list(tokens), self.params(max_tokens=max_new, ignore_eos=True))
        self.names[sequence.seq_id] = rid
        self.scheduler.add(sequence)

    def abort(self, rid: str) -> bool:
        """Fail: nobody can end a request."""
        raise NotImplementedError(rid)

    def launch(self) -> list[Launch]:
        """Schedule and compute a batch. Its own loop does so only while there is a request."""
        self.batch = [], [], []
        if self.scheduler.is_finished():
            return []
        sequences, is_prefill = self.scheduler.schedule()
        spans = [
            Launch(self.names[s.seq_id], s.num_cached_tokens if is_prefill else len(s) - 1, len(s))
            for s in sequences
        ]
        for sequence in sequences:
            self._remember(sequence.token_ids)
        hidden, last = list[int](), list[int]()
        for sequence, (_, start, upto) in zip(sequences, spans, strict=True):
            table = sequence.block_table
            digest = self.memory.compute(sequence.token_ids, start, upto, table, 0)
            hidden += [digest] * (upto - start)
            last.append(len(hidden) - 1)  # cu_seqlens_q[1:] - 1
        if not hidden:
            raise IndexError("a batch without a token to compute has no logits")
        self.batch = sequences, spans, [token(hidden[at]) % VOCABULARY for at in last]
        return spans

    def collect(self) -> tuple[list[Launch], list[tuple[str, list[int]]]]:
        """Let it append the tokens, and end what is complete."""
        sequences, spans, said = self.batch
        self.scheduler.postprocess(sequences, said)
        over = [s for s in sequences if s.is_finished]
        return spans, [(self.names[s.seq_id], s.completion_token_ids) for s in over]

    def requests(self) -> Iterator[Shown]:
        """Show waiting and running sequences, each once."""
        waiting, running = self.scheduler.waiting, self.scheduler.running
        for s in {s.seq_id: s for s in (*waiting, *running)}.values():
            runs = s.status.name == "RUNNING"
            yield Shown(
                self.names[s.seq_id],
                list(s.token_ids),
                s.num_prompt_tokens,
                runs,
                len(s) - 1 if runs else 0,
                0,
                list(s.block_table),
            )

    def entries(self) -> Iterable[Entry]:
        """Show which hashes find a page that has them, and pages in use that have the same."""
        found = {
            digest: [page]
            for digest, page in self.manager.hash_to_block_id.items()
            if self.manager.blocks[page].hash == digest
        }
        for block in self.manager.blocks:
            if block.ref_count > 0 and block.hash != -1:
                pages = found.setdefault(block.hash, [])
                pages += [block.block_id] if block.block_id not in pages else []
        for digest, pages in found.items():
            yield Entry(0, self.said[digest], pages)

    def free(self) -> list[int]:
        """Return the free list."""
        return list(self.manager.free_block_ids)

    def num_free(self) -> int:
        """Return what is not in use."""
        return len(self.manager.blocks) - len(self.manager.used_block_ids)

    def references(self) -> list[int]:
        """Return the reference counts."""
        return [block.ref_count for block in self.manager.blocks]

    def _remember(self, tokens: Sequence[int]) -> None:
        """Note what the hashes of a sequence's whole pages say."""
        digest, size = -1, self.world.page_size
        for end in range(size, len(tokens) + 1, size):
            digest = self.manager.compute_hash(list(tokens[end - size : end]), digest)
            self.said[digest] = tuple(tokens[:end])


def make(world: World) -> Nano:
    """Make a scheduler; the package's own `__init__`, which wants a GPU's packages, is left out."""
    if world.module not in sys.modules:
        spec = find_spec(world.module)
        assert spec, f"{world.module} is on the path"
        bare = ModuleSpec(world.module, None, is_package=True)
        bare.submodule_search_locations = spec.submodule_search_locations
        sys.modules[world.module] = module_from_spec(bare)
        sys.meta_path.append(StubFinder(["transformers"], world.module))
    engine = Nano(world)
    for name in world.planted:
        PLANTS[name](engine)
    return engine


if __name__ == "__main__":
    serve(lambda: Commands(make))
