"""What a lockstep run needs to know: sizes of the world, the scheduler's limits, seed, device."""

from __future__ import annotations

from dataclasses import dataclass

from impl.config import EngineConfig, ModelConfig
from spec.machine.size import Size
from spec.machine.trace import Step, Trace

OPTIONS = ("token_budget", "overlap", "num_drafts", "sampled", "prioritised", "draft_model", "seed")

DRAFT_MODEL = ModelConfig(num_layers=1, num_heads=2, num_kv_heads=1, ffn_size=16, seed=1)
"""A draft model that is smaller than the model in every way."""


@dataclass(frozen=True)
class Setting:
    """One world for both sides. `seed` makes the weights and the tokens that clients send.

    Whether the engine's own policy overlaps and guesses; its mechanism does as it is told.
    """

    size: Size
    token_budget: int = 6
    overlap: int = 0
    num_drafts: int = 0
    sampled: int = 0  # 1: some turns have a temperature, or stop tokens
    prioritised: int = 0  # 1: turns have three priorities, in turn
    draft_model: int = 0  # 1: the policy's drafts are those of a smaller model
    seed: int = 0
    device: str = "cpu"

    def config(self) -> EngineConfig:
        """Return the engine's configuration. Raises ConfigError for sizes that cannot work."""
        return EngineConfig(
            page_size=self.size.page_size,
            num_pages=self.size.pages,
            num_rows=self.size.rows,
            context_len=self.size.context_len,
            queue_limit=self.size.queue_limit,
            lookahead=self.size.lookahead,
            window=self.size.window,
            window_pages=self.size.window_pages,
            recurrents=self.size.recurrents,
            token_budget=self.token_budget,
            overlap=bool(self.overlap),
            num_drafts=self.num_drafts,
            self_check=False,  # lockstep checks more, after each action, and names what is broken
            device=self.device,
            model=ModelConfig(seed=self.seed),
            draft_model=DRAFT_MODEL if self.draft_model else None,
        )

    def trace(self, steps: list[Step]) -> Trace:
        """Return the steps as a trace that can be saved and replayed."""
        return Trace(self.size, tuple(steps), {name: getattr(self, name) for name in OPTIONS})

    @classmethod
    def of(cls, trace: Trace, device: str = "cpu") -> Setting:
        """Return the setting in which `trace` was recorded, on any device."""
        known = {name: trace.options[name] for name in OPTIONS if name in trace.options}
        return cls(trace.size, **known, device=device)
