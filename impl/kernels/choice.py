"""Which version of the kernels runs. Answers: plain torch, or Triton?"""

from __future__ import annotations

import importlib.util

from impl.kernels import decode, locations, rows, store


class Kernels:
    """`write_rows`, `out_locations`, `store_kv` and `decode_attention`, as a device runs them."""

    def __init__(self, device: str, *, use_triton: bool | None = None) -> None:
        """Take Triton's on CUDA, if Triton is installed, and plain torch's otherwise.

        `use_triton` says so instead: True raises ImportError where Triton is not installed, and on
        a CPU its kernels run only in a process with TRITON_INTERPRET=1. Triton launches on the
        current CUDA device, which is the caller's to set.
        """
        on_cuda = device.partition(":")[0] == "cuda"
        self.use_triton = on_cuda and has_triton() if use_triton is None else use_triton
        self.write_rows = rows.write_rows
        self.out_locations = locations.out_locations
        self.store_kv = store.store_kv
        self.decode_attention = decode.decode_attention
        if self.use_triton:
            self._use_triton()

    def _use_triton(self) -> None:
        # Triton is optional, and loaded only if it is used.
        from impl.kernels.triton.decode import decode_attention  # noqa: PLC0415
        from impl.kernels.triton.locations import out_locations  # noqa: PLC0415
        from impl.kernels.triton.rows import write_rows  # noqa: PLC0415
        from impl.kernels.triton.store import store_kv  # noqa: PLC0415

        self.write_rows = write_rows
        self.out_locations = out_locations
        self.store_kv = store_kv
        self.decode_attention = decode_attention


def has_triton() -> bool:
    """Say whether Triton is installed."""
    return importlib.util.find_spec("triton") is not None
