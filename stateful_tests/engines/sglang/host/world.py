"""The sizes and options that one hosted scheduler is made with: the `configure` command."""

from __future__ import annotations

from dataclasses import dataclass

from stateful_tests.engines.sglang.releases import PLAIN, RUST, UNIFIED


@dataclass(frozen=True, kw_only=True)
class World:
    """All lengths in tokens. None: no limit, or no such thing."""

    page_size: int
    num_pages: int
    rows: int
    context_len: int
    max_prefill_tokens: int = 16_384
    chunked_prefill_size: int | None = None
    queue_limit: int | None = None
    overlap: bool = False
    mixed: bool = False
    unified: bool = False
    rust_core: bool = False  # of the unified cache
    conservativeness: float = 1.0  # near 0: turns are admitted that will be retracted
    clips_to_pool: bool = False  # outputs, of itself: the release is told of nothing
    planted: str = ""  # the name of a bug to have, as in planted/known.py

    @property
    def cache(self) -> str:
        """Return the prefix cache that is asked for, as in releases.py."""
        return RUST if self.rust_core else UNIFIED if self.unified else PLAIN

    @property
    def pool_size(self) -> int:
        """Return how many tokens the KV pool holds."""
        return self.num_pages * self.page_size

    @property
    def max_req_len(self) -> int:
        """Return the most tokens of prompt and output, as the release's model worker has it."""
        return min(self.context_len - 1, self.pool_size - 1)

    def most_output(self, prompt_len: int) -> int:
        """Return how much output the release grants behind a prompt of this length."""
        most = self.max_req_len - prompt_len - 1
        if self.clips_to_pool:
            paged = -(-prompt_len // self.page_size) * self.page_size
            most = min(most, self.pool_size - paged - self.page_size - 1)
        return max(0, most)

    @property
    def max_req_input_len(self) -> int:
        """Return what a prompt must be shorter than, as the release's model worker has it."""
        return self.max_req_len - 5
