"""A small model that guesses for a large one. Answers: what would a cheaper model say next?

Speculative decoding as in Leviathan et al. (2022): it proposes some tokens, one after the other,
and the target verifies all of them in one pass. Its K and V lie in a pool of its own, at the
locations of the target's: one page table serves both, and pages have one owner.
"""

from __future__ import annotations

from dataclasses import replace

from impl.cache.launches import Launches
from impl.cache.page_table import PageTable
from impl.config import EngineConfig, ModelConfig
from impl.kernels.choice import Kernels
from impl.model.batch import Chunk
from impl.model.memory import Memory
from impl.model.runner import Runner
from impl.model.transformer import Transformer
from impl.sessions.turn import Turn


class DraftModel:
    """A drafter; what it has computed for a row is `record.drafted`."""

    def __init__(
        self, config: EngineConfig, model: ModelConfig, rows: PageTable, kernels: Kernels
    ) -> None:
        """Draw the weights of `model`, all of whose layers attend to everything."""
        config = replace(config, model=model, draft_model=None)
        config = replace(config, window=0, window_pages=0, recurrents=0)
        self.model = Transformer(config)
        self.memory = Memory(config, kernels, Launches(config.device))
        self._runner = Runner(self.model, rows, self.memory)

    def draft(self, turn: Turn, num: int, namespace: int) -> list[int]:
        """Return the `num` tokens that this model would say, chosen with the turn's own noise.

        First it catches up with the tokens that are new to it. K and V of its own guesses are
        written behind them, and computed again once they are known to be right.
        """
        record, length = turn.record, len(turn.tokens)
        assert record is not None, f"does not run: {turn}"
        chunk = Chunk(
            turn.tokens[record.drafted :], record.row, record.drafted, namespace,
            sampling=turn.sampling,
        )  # fmt: skip
        drafts = [self._next(chunk)]
        for start in range(length, length + num - 1):
            chunk = chunk._replace(tokens=drafts[-1:], start=start)
            drafts.append(self._next(chunk))
        record.drafted = length
        return drafts

    def _next(self, chunk: Chunk) -> int:
        return int(self._runner.forward([chunk]))
