"""This project's engine as a contestant. All that is named of its inside is in this file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from benchmarks.bookkeeping.contestant import LOWEST, Contestant
from benchmarks.bookkeeping.point import Point
from impl.config import EngineConfig, ModelConfig
from impl.engine import Engine
from impl.model.batch import Chunk
from impl.model.memory import Memory
from impl.sessions.session_cache import SessionCache
from impl.sessions.session_controller import SessionController

TIMED = (
    (SessionController, "submit", "create"),
    (SessionCache, "lend", "match"),
    (SessionCache, "reserve_all", "allocate"),
    (SessionController, "finish", "finish"),
    (SessionCache, "take_back", "finish"),
)
"""Class, method, and the operation that it is."""

TINY = ModelConfig(
    vocab_size=2 * LOWEST, num_layers=1, num_heads=1, num_kv_heads=1, head_dim=2, ffn_size=1
)


class NoModel:
    """Says one token always."""

    def __init__(self, memory: Memory) -> None:
        """Stand for a model with this memory."""
        self.memory = memory

    def forward(self, chunks: Sequence[Chunk]) -> Tensor:
        """Return the next token of each chunk [num_chunks]."""
        return torch.ones(len(chunks), dtype=torch.int64)


class Ours(Contestant):
    """The engine, with its own scheduler and without its model."""

    def __init__(self) -> None:
        """Wrap the engine's methods, in this process for good."""
        super().__init__()
        for owner, name, operation in TIMED:
            self.stopwatch.time(owner, name, operation)

    def make(self, point: Point) -> None:
        """Make an engine; its KV tensors are never touched, and so take no memory."""
        engine = Engine(
            EngineConfig(
                page_size=point.page_size,
                num_pages=point.num_pages,
                num_rows=point.sessions,
                context_len=point.most,
                lookahead=point.tail,
                queue_limit=point.sessions,
                token_budget=point.most * point.batch,
                session_timeout=1e9,
                self_check=False,
                dtype="bfloat16",
                model=TINY,
            )
        )
        vars(engine.launcher)["runner"] = NoModel(engine.memory)
        self.engine = engine

    def open(self, session: int) -> None:
        """Open a session."""
        self.engine.open(session)

    def close(self, session: int) -> None:
        """Close a session."""
        self.engine.close(session)

    def submit(self, session: int, turn: int, tokens: list[int], max_new_tokens: int) -> None:
        """Hand a turn over."""
        self.engine.submit(session, turn, tokens, max_new_tokens)

    def run(self, num_turns: int) -> None:
        """Step until all turns have ended."""
        engine = self.engine
        while not engine.idle:
            engine.step()
        assert [ended.outcome for ended in engine.ended] == ["finished"] * num_turns, engine.ended
        engine.ended.clear()
        engine.moves.clear()

    def lengths(self) -> list[int]:
        """Return the tokens of each session's last turn."""
        return [session.history_len for session in self.engine.sessions.values()]

    def leave_tail(self, session: int, length: int) -> None:
        """Reserve more for a session's slot."""
        record = self.engine.sessions[session].slot
        assert record is not None, f"session {session} is idle and holds KV"
        assert self.engine.cache.reserve(record, record.allocated + length), "there is room"

    def pools(self) -> tuple[Any, Any]:
        """Return rows, and what holds the free pages."""
        return self.engine.rows, self.engine.allocator.free_list
