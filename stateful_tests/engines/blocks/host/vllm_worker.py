"""What takes the place of vLLM's model runner: it computes on numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vllm.v1.outputs import ModelRunnerOutput

from stateful_tests.engines.blocks.host.engine import Launch
from stateful_tests.engines.blocks.host.memory import VOCABULARY, Memory
from stateful_tests.engines.hosting.history import token


@dataclass
class Known:
    """What the worker keeps of a request, as `CachedRequestState` does."""

    tokens: list[int]
    blocks: list[int]


class Worker:
    """Follows what the scheduler tells its workers, and nothing else: tables come as deltas."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.namespaces = dict[str, int]()  # of requests: what their clients asked for
        self.known = dict[str, Known]()

    def run(self, output: Any) -> tuple[list[Launch], ModelRunnerOutput]:
        """Compute a batch: KV, and a token for each request all of whose tokens have KV."""
        starts = self._follow(output)
        launches, sampled = list[Launch](), list[list[int]]()
        for rid, new in output.num_scheduled_tokens.items():
            known, start = self.known[rid], starts[rid]
            launches.append(Launch(rid, start, start + new))
            said = self._compute(rid, known, start, start + new)
            known.tokens += said
            sampled.append(said)
        rids = [launch.rid for launch in launches]
        index = {rid: i for i, rid in enumerate(rids)}
        return launches, ModelRunnerOutput(rids, index, sampled)

    def _compute(self, rid: str, known: Known, start: int, upto: int) -> list[int]:
        namespace = self.namespaces[rid]
        digest = self.memory.compute(known.tokens, start, upto, known.blocks, namespace)
        return [token(digest) % VOCABULARY] if upto == len(known.tokens) else []

    def _follow(self, output: Any) -> dict[str, int]:
        """Take note of new blocks, and of what is over; return where each request goes on."""
        for rid in output.finished_req_ids:
            self.known.pop(rid, None)
        starts = dict[str, int]()
        for new in output.scheduled_new_reqs:
            prompt = list(new.prompt_token_ids)
            self.known[new.req_id] = Known(prompt, list(new.block_ids[0]))
            starts[new.req_id] = new.num_computed_tokens
        cached = output.scheduled_cached_reqs
        for i, rid in enumerate(cached.req_ids):
            if rid in cached.resumed_req_ids:
                self.known[rid].blocks = []
            self.known[rid].blocks += (cached.new_block_ids[i] or ([],))[0]
            starts[rid] = cached.num_computed_tokens[i]
        return starts
