"""What a lockstep run needs to know: sizes of the world, the scheduler's limits, seed, device."""

from __future__ import annotations

from dataclasses import dataclass

from impl.config import EngineConfig, ModelConfig
from spec.machine.concrete import Size
from spec.machine.trace import Step, Trace

OPTIONS = ("queue_limit", "token_budget", "seed")


@dataclass(frozen=True)
class Setting:
    """One world for both sides. `seed` makes the weights and the tokens that clients send."""

    size: Size
    queue_limit: int = 2
    token_budget: int = 6
    seed: int = 0
    device: str = "cpu"

    def config(self) -> EngineConfig:
        """Return the engine's configuration. Raises ConfigError for sizes that cannot work."""
        return EngineConfig(
            page_size=self.size.page_size,
            num_pages=self.size.pages,
            num_rows=self.size.rows,
            context_len=self.size.context_len,
            queue_limit=self.queue_limit,
            token_budget=self.token_budget,
            device=self.device,
            model=ModelConfig(seed=self.seed),
        )

    def trace(self, steps: list[Step]) -> Trace:
        """Return the steps as a trace that can be saved and replayed."""
        return Trace(self.size, tuple(steps), {name: getattr(self, name) for name in OPTIONS})

    @classmethod
    def of(cls, trace: Trace, device: str = "cpu") -> Setting:
        """Return the setting in which `trace` was recorded, on any device."""
        known = {name: trace.options[name] for name in OPTIONS if name in trace.options}
        return cls(trace.size, **known, device=device)
