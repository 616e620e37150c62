"""What an engine is made of. Answers: can these sizes work at all?"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import torch

from impl.tokens import LARGEST_VOCABULARY

DTYPES = {"float64": torch.float64, "float32": torch.float32, "bfloat16": torch.bfloat16}


POSSIBLY_NONE = {
    *("lookahead", "overlap", "num_drafts", "window", "window_pages", "recurrents"),
    *("self_check", "use_triton"),
}


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
    num_adapters: int = 4  # namespace a uses adapter a modulo this; the first one changes nothing
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
            self.vocab_size <= LARGEST_VOCABULARY,
            f"model.vocab_size is {self.vocab_size}; give at most {LARGEST_VOCABULARY}, token ids "
            "have 32 bits.",
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
    lookahead: int = 0  # locations that a turn may reserve beyond its known tokens
    overlap: bool = False  # launch the next batch before the last one's results are read
    num_drafts: int = 0  # tokens guessed in each round of speculative decoding; 0: none
    window: int = 0  # tokens that sliding-window layers look back; 0: there are no such layers
    window_pages: int = 0  # usable pages of their KV pool
    recurrents: int = 0  # recurrent states, of rows and of the tree; 0: no recurrent layers
    session_timeout: float = 3600.0  # seconds after which an idle session is closed
    self_check: bool = True  # after each step the sums, and everything when the last turn has ended
    use_triton: bool | None = None  # for the hot paths; None: on CUDA, if Triton is installed
    device: str = "cpu"
    dtype: str = "float64"
    model: ModelConfig = field(default_factory=ModelConfig)
    draft_model: ModelConfig | None = None  # guesses for `model`; None: what the prompt has said

    def __post_init__(self) -> None:
        """Raise ConfigError for sizes, a dtype or a device that cannot work."""
        for item in fields(self):
            value = getattr(self, item.name)
            least = 0 if item.name in POSSIBLY_NONE else 1
            _ensure(
                not isinstance(value, int) or value >= least,
                f"{item.name} is {value}; give at least {least}.",
            )
        _ensure(
            self.dtype in DTYPES,
            f"dtype {self.dtype!r} is unknown; choose one of {', '.join(DTYPES)}.",
        )
        self._check_device()
        self._check_lookahead()
        self._check_layers()

    def _check_lookahead(self) -> None:
        _ensure(
            not self.overlap or self.lookahead >= 1,
            "overlap launches a token ahead, and lookahead is 0; give at least 1.",
        )
        _ensure(
            self.num_drafts <= self.lookahead,
            f"{self.num_drafts} drafts need locations beyond the known tokens, and lookahead is "
            f"{self.lookahead}; give at least as much.",
        )
        draft = self.draft_model or self.model
        _ensure(
            draft.vocab_size == self.model.vocab_size,
            f"the draft model has {draft.vocab_size} tokens and the model {self.model.vocab_size}; "
            "give both the same vocabulary.",
        )

    def _check_layers(self) -> None:
        _ensure(
            bool(self.window) == bool(self.window_pages),
            f"window is {self.window} and window_pages is {self.window_pages}; a model with "
            "sliding-window layers needs both, another one neither.",
        )
        held = self.window_pages * self.page_size
        _ensure(
            not self.window or held >= self.context_len,
            f"{self.window_pages} window pages of {self.page_size} tokens hold {held} tokens, less "
            f"than one turn of {self.context_len}; raise window_pages or lower context_len.",
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
    def max_len(self) -> int:
        """Most locations that a row lists."""
        return self.context_len + self.lookahead

    @property
    def torch_dtype(self) -> torch.dtype:
        """The dtype of weights, K and V."""
        return DTYPES[self.dtype]
