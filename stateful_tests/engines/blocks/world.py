"""The sizes and limits that a hosted engine is made with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class World:
    """One engine. Pages are those that can be handed out: what it keeps aside comes on top."""

    module: str  # the package that has it
    page_size: int
    num_pages: int
    rows: int  # requests that run at a time
    context_len: int  # tokens of one request, prompt and output
    token_budget: int  # tokens of one batch
    overlap: bool = False  # whether a batch is scheduled before the last one's result is read
    planted: tuple[str, ...] = ()  # bugs that are planted in this engine
