"""Launched batches, by number. Answers: may one of them still use what was given back?

A device runs batches in the order of their launch, so whoever has read the result of one knows that
all before it are done.
"""

from __future__ import annotations

import torch


class Launches:
    """How many batches were launched, and how many of them are known to be done."""

    def __init__(self, device: str = "cpu") -> None:
        """Start with none."""
        self.launched = self.done = 0
        self._device = torch.device(device)

    def begin(self) -> int:
        """Count a batch that is about to be launched; return its number."""
        self.launched += 1
        return self.launched

    def is_done(self, number: int) -> None:
        """A result of batch `number` was read."""
        self.done = max(self.done, number)

    def wait(self) -> None:
        """Wait for all of them."""
        if self._device.type == "cuda":
            torch.cuda.current_stream(self._device).synchronize()
        self.done = self.launched
