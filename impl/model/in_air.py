"""The tokens of a launched batch. Answers: how are they read without waiting for the next batch?"""

from __future__ import annotations

import torch
from torch import Tensor


class InAir:
    """One batch's tokens [num_chunks]: on the device as soon as they are, on the host a bit later.

    On CUDA a stream of its own copies them, and an event says when they are there: who reads one
    batch does not wait for the batch that was launched after it.
    """

    def __init__(
        self, tokens: Tensor, copying: torch.cuda.Stream | None = None, number: int = 0
    ) -> None:
        """Start to copy the `tokens` of batch `number`, which the current stream computes."""
        self.number = number
        self.tokens = tokens
        self._host, self._there = tokens, None
        if copying is not None:
            self._host = torch.empty(tokens.shape, dtype=tokens.dtype, pin_memory=True)
            copying.wait_stream(torch.cuda.current_stream(tokens.device))
            with torch.cuda.stream(copying):
                self._host.copy_(tokens, non_blocking=True)
                self._there = torch.cuda.Event()  # type: ignore[no-untyped-call]
                self._there.record(copying)
            tokens.record_stream(copying)  # its memory is not used again before the copy is made

    def read(self, index: int) -> int:
        """Wait for the tokens, and return one. What went wrong on the device is raised here."""
        if self._there is not None:
            self._there.synchronize()
        return int(self._host[index])
