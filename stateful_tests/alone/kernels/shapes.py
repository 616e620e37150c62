"""The sizes with which attention is run under the interpreter; the rest is drawn."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import torch


class Shape(NamedTuple):
    """What of attention is not drawn; no split_len: as the kernel likes; most: tokens of a row."""

    seed: int
    page_size: int
    head_dim: int
    dtype: torch.dtype
    split_len: int | None
    most: int = 300


SIZES = [(1, 8), (2, 16), (3, 24), (4, 64), (16, 128), (64, 64), (64, 128)]
F64, F32, F16 = torch.float64, torch.float32, torch.float16
SPLITS = [(F64, 16), (F32, 16), (F16, 16), (F64, None), (F32, 512), (F16, None)]
SHAPES = [
    Shape(seed, *sizes, *splits) for seed, (sizes, splits) in enumerate(product(SIZES, SPLITS))
] + [Shape(seed, 16, 128, F64, 16, 400) for seed in (103, 108)]
"""What attention is run with under the interpreter."""
