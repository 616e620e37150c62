"""A client that asks at random, and holds the engine's tokens and KV against dense runs.

Free pages and tails are filled with NaN after each action: who reads one yields a wrong token.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from random import Random
from typing import Any

import torch

from impl.cache.page_table import locations_of
from impl.cache.record import KVRecord
from impl.config import EngineConfig, ModelConfig
from impl.engine import Engine
from impl.moves import Ended
from stateful_tests.engines.reference.dense import DenseRun, dense_forward, dense_output

CONTEXT_LEN = 24
MODEL = ModelConfig()
NAMESPACES = 2
BEGINNINGS = ([7] * 9, [7] * 4 + [8] * 5)
"""What first prompts begin with, more or less of it, so that the tree has something to share."""


def small(page_size: int, **sizes: Any) -> EngineConfig:
    """Return a configuration whose pool holds one turn and a little more."""
    defaults = {"num_pages": 1 + CONTEXT_LEN // page_size, "num_rows": 3}
    limits = {"queue_limit": 1, "token_budget": 7}
    return EngineConfig(page_size, context_len=CONTEXT_LEN, **(defaults | limits | sizes))


@cache
def reference(window: int, recurrents: int) -> Engine:
    """Return an engine whose model has such layers, to look at its weights."""
    pages = CONTEXT_LEN if window else 0
    return Engine(small(1, lookahead=2, window=window, window_pages=pages, recurrents=recurrents))


@cache
def expected_output(
    prompt: tuple[int, ...],
    max_new_tokens: int,
    namespace: int = 0,
    layers: tuple[int, int] = (0, 0),
) -> tuple[int, ...]:
    """Return what the dense run appends to `prompt`."""
    return tuple(dense_output(reference(*layers).model, list(prompt), max_new_tokens, namespace))


@cache
def expected_run(tokens: tuple[int, ...], namespace: int, layers: tuple[int, int]) -> DenseRun:
    """Return the dense run of `tokens`."""
    return dense_forward(reference(*layers).model, list(tokens), namespace)


class Client:
    """Remembers what each session's tokens must be, and looks at everything."""

    def __init__(self, engine: Engine, seed: int) -> None:
        """Drive `engine`."""
        self.engine = engine
        self.layers = engine.config.window, min(1, engine.config.recurrents)
        self.random = Random(seed)
        self.histories: dict[int, list[int]] = {}
        self.prompts: dict[int, tuple[int, ...]] = {}
        self.namespaces: dict[int, int] = {}
        self.seen: Counter[str] = Counter()
        self.num_turns = 0

    # -- ask

    def ask(self) -> None:
        """Make one request that will not be refused."""
        kinds = ["open", "submit", "submit", "submit", "generate", "abort", "close", "stay_silent"]
        kind, session = self.random.choice(kinds), self.random.randrange(4)
        known = self.engine.sessions.get(session)
        if kind == "open" and known is None:
            self._begin(session)
            self.engine.open(session, self.namespaces[session])
        elif kind == "generate" and known is None and self.random.random() < 0.3:
            self._begin(session)
            self._submit(session, plain=True)
        elif kind == "submit" and known and not known.closing and not known.in_flight:
            self._submit(session)
        elif kind == "abort" and known and known.in_flight and self.random.random() < 0.5:
            self.engine.abort(known.in_flight.id)
        elif kind in ("close", "stay_silent") and known and self.random.random() < 0.2:
            getattr(self.engine, kind)(session)

    def _begin(self, session: int) -> None:
        self.histories[session] = []
        self.namespaces[session] = self.random.randrange(NAMESPACES)

    def _submit(self, session: int, *, plain: bool = False) -> None:
        """Submit a turn of random size; some do not fit the context."""
        num = self.random.choice([1, 2, 9])
        new = [self.random.randrange(MODEL.vocab_size) for _ in range(num)]
        if not self.histories[session]:
            shared = self.random.randrange(num + 1)
            new[:shared] = self.random.choice(BEGINNINGS)[:shared]
        self.num_turns += 1
        self.prompts[self.num_turns] = (*self.histories[session], *new)
        max_new = self.random.choice([0, 1, 2, 3, 8])
        if plain:
            namespace = self.namespaces[session]
            self.engine.generate(session, self.num_turns, new, max_new, namespace)
        else:
            self.engine.submit(session, self.num_turns, new, max_new)

    # -- look

    def look(self) -> None:
        """Check structure, KV and answers, then spoil all that nobody may read."""
        self.engine.check()
        for session in self.engine.sessions.values():
            turn = session.in_flight if session.is_lent else None
            record, tokens = (turn.record, turn.tokens) if turn else (session.slot, session.tokens)
            if record:
                self._look_at_record(record, tokens, session.namespace)
        for ended in self.engine.ended:
            self._look_at_answer(ended)
        self.seen.update(move.name for move in self.engine.moves)
        self.engine.ended.clear()
        self.engine.moves.clear()
        spoil(self.engine)

    def _look_at_record(self, record: KVRecord, tokens: Sequence[int], namespace: int) -> None:
        """Every committed position holds the KV of exactly the tokens up to it."""
        committed, memory = record.committed, self.engine.memory
        if committed == 0:
            return
        run = expected_run(tuple(tokens[:committed]), namespace, self.layers)
        locations = self.engine.rows.locations(record.row, 0, committed)
        torch.testing.assert_close(memory.kv_pool.k[:, locations], run.k)
        torch.testing.assert_close(memory.kv_pool.v[:, locations], run.v)
        if memory.window:
            start = window_start(record)
            found = memory.window.locations(locations[start:])
            torch.testing.assert_close(memory.window.kv.k[:, found], run.window_k[:, start:])
            torch.testing.assert_close(memory.window.kv.v[:, found], run.window_v[:, start:])
        if memory.recurrents and not record.is_unread:
            state = memory.recurrents.states[record.recurrent]
            torch.testing.assert_close(state, run.states[0, -1])

    def _look_at_answer(self, ended: Ended) -> None:
        """A finished turn has the dense run's tokens; an aborted one leaves the history alone."""
        prompt, namespace = self.prompts[ended.turn], self.namespaces[ended.session]
        self.seen[ended.reason or ended.outcome] += 1
        if ended.outcome == "finished":
            num = len(ended.output)
            assert ended.output == expected_output(prompt, num, namespace, self.layers)
            self.histories[ended.session] = [*prompt, *ended.output]
        else:
            assert ended.output == ()

    def leave(self) -> None:
        """Close everything; a few steps later nobody holds anything, and only the tree is left."""
        for session in list(self.engine.sessions):
            self.engine.close(session)
        for _ in range(200):
            if self.engine.idle and not self.engine.sessions:
                break
            self.engine.step()
            self.look()
        sizes, config = self.engine.sizes, self.engine.config
        assert sizes.available + sizes.evictable == config.num_pages * config.page_size
        assert not self.engine.rows.used_rows
        assert not self.engine.turns
        assert not self.engine.sessions


def window_start(record: KVRecord) -> int:
    """Return the first position whose window KV is there: the tree keeps all of it."""
    return 0 if record.cursor == record.protected else record.cursor


def spoil(engine: Engine) -> None:
    """Write NaN to all that nobody may read: neither computed for a row, nor the tree's."""
    memory, rows = engine.memory, engine.rows
    kept = [rows.locations(r.row, 0, r.launched) for r in engine.records]
    kept += [locations_of(node.value, rows.page_size) for node in engine.tree.nodes()]
    nobodys(memory.kv_pool.k, memory.kv_pool.v, kept, engine.config.page_size)
    if window := memory.window:
        kept = [rows.locations(r.row, window_start(r), r.launched) for r in engine.records]
        kept += [locations_of(node.value, rows.page_size) for node in engine.tree.nodes()]
        found = [window.locations(locations) for locations in kept]
        nobodys(window.kv.k, window.kv.v, found, engine.config.page_size)
    if recurrents := memory.recurrents:
        recurrents.states[recurrents.free_slots] = torch.nan


def nobodys(k: torch.Tensor, v: torch.Tensor, kept: list[torch.Tensor], page_size: int) -> None:
    """Write NaN to all locations but those that are kept, and the padding page."""
    spoilt = torch.ones(k.shape[1], dtype=torch.bool)
    spoilt[:page_size] = False
    for locations in kept:
        spoilt[locations] = False
    k[:, spoilt] = torch.nan
    v[:, spoilt] = torch.nan
