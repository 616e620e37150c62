"""Numbers that the host writes and the device reads. Answers: how does a kernel see bookkeeping?

The host never reads them back, so nothing waits for the device. On a CPU both are one memory.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Pages = NDArray[np.int32]
"""Page numbers on the host."""


class Mirror:
    """A list of page numbers, zeros at first: `host` is the truth, the device has a copy."""

    def __init__(self, length: int, device: str) -> None:
        """Start with zeros; a copy is only made where the device has a memory of its own."""
        self.host: Pages = np.zeros(length, dtype=np.int32)
        shared = torch.from_numpy(self.host)
        self._has_copy = torch.device(device).type != "cpu"
        self._copy = shared.to(device) if self._has_copy else shared
        self._pending: list[NDArray[np.int64]] = []

    def write(self, places: Pages, values: Pages | int) -> None:
        """Let the numbers at `places` be `values`."""
        self.host[places] = values
        if self._has_copy:
            self._pending.append(places.astype(np.int64))

    def on_device(self) -> Tensor:
        """Return the device's copy, int32 like the host's, after all writes so far.

        One transfer for all of them. Where one place was written twice both copies say what the
        host says now, so their order does not matter.
        """
        if self._pending:
            places = np.concatenate(self._pending)
            both = torch.from_numpy(np.stack((places, self.host[places])))
            moved = both.to(self._copy.device, non_blocking=True)
            self._copy[moved[0]] = moved[1].int()
            self._pending.clear()
        return self._copy
