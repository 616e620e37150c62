"""What an engine is made of. Answers: can these sizes work at all?"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import torch

DTYPES = {"float64": torch.float64, "float32": torch.float32, "bfloat16": torch.bfloat16}


class ConfigError(ValueError):
    """A configuration that cannot work; one sentence says what is wrong and what to do."""


def _ensure(fact: bool, words: str) -> None:
    if not fact:
        raise ConfigError(words)


@dataclass(frozen=True)
class ModelConfig:
    """Sizes of the transformer, and the seed of its random weights."""

    vocab_size: int = 64
    num_layers: int = 2
    num_heads: int = 4
    num_kv_heads: int = 2
    head_dim: int = 8
    ffn_size: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        """Raise ConfigError for sizes that no transformer of this shape can have."""
        for item in fields(self):
            value = getattr(self, item.name)
            _ensure(
                item.name == "seed" or value >= 1,
                f"model.{item.name} is {value}; give at least 1.",
            )
        _ensure(
            self.num_heads % self.num_kv_heads == 0,
            f"{self.num_heads} heads cannot share {self.num_kv_heads} KV heads evenly; "
            "make num_heads a multiple of num_kv_heads.",
        )
        _ensure(
            self.head_dim % 2 == 0,
            f"model.head_dim is {self.head_dim}; give an even number, positions rotate pairs.",
        )

    @property
    def hidden_size(self) -> int:
        """Width of the residual stream."""
        return self.num_heads * self.head_dim


@dataclass(frozen=True)
class EngineConfig:
    """Sizes of an engine, in pages, rows, turns and tokens.

    dtype is float64 by default because output tokens are compared exactly with those of a dense
    run: in float32 two orders of summation differ by enough to flip an argmax of close logits.
    """

    page_size: int = 16  # tokens per page
    num_pages: int = 64  # usable pages; the padding page is extra
    num_rows: int = 8  # most turns that run and sessions that keep KV, together
    context_len: int = 256  # most tokens of one turn: input + max_new_tokens
    queue_limit: int = 64  # most waiting turns before a new one is turned away
    token_budget: int = 64  # most tokens computed in a step
    device: str = "cpu"
    dtype: str = "float64"
    model: ModelConfig = field(default_factory=ModelConfig)

    def __post_init__(self) -> None:
        """Raise ConfigError for sizes, a dtype or a device that cannot work."""
        for item in fields(self):
            value = getattr(self, item.name)
            _ensure(
                not isinstance(value, int) or value >= 1,
                f"{item.name} is {value}; give at least 1.",
            )
        _ensure(
            self.dtype in DTYPES,
            f"dtype {self.dtype!r} is unknown; choose one of {', '.join(DTYPES)}.",
        )
        self._check_device()
        pool = self.num_pages * self.page_size
        _ensure(
            pool >= self.context_len,
            f"{self.num_pages} pages of {self.page_size} tokens hold {pool} tokens, less than one "
            f"turn of {self.context_len}; raise num_pages or lower context_len.",
        )

    def _check_device(self) -> None:
        kind, _, index = self.device.partition(":")
        known = kind in ("cpu", "cuda") and (self.device == kind or index.isdecimal())
        _ensure(known, f"device {self.device!r} is unknown; use 'cpu', 'cuda' or 'cuda:<n>'.")
        found = 1 if kind == "cpu" else torch.cuda.device_count()
        _ensure(
            int(index or 0) < found,
            f"device {self.device!r} is not here: torch finds {found} {kind} device(s); "
            "use device='cpu' or a machine that has it.",
        )

    @property
    def torch_dtype(self) -> torch.dtype:
        """The dtype of weights, K and V."""
        return DTYPES[self.dtype]
