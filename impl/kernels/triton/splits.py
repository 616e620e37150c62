"""How the contexts of a batch are cut. Answers: how many tokens at a time, and in which pieces?

A program loads `tile` tokens at a time, and attends to one split. Splits begin with the tile in
which a row's window begins, so that a tile never straddles pages where a page holds whole tiles.
"""

from __future__ import annotations

from typing import NamedTuple

PROGRAMS = 1024
"""Programs that fill a GPU: some for each multiprocessor of the largest ones."""

SPLIT_LENS = 256, 4096
"""Least and most tokens of a split. Below, combining costs too much; above, one long row among
short ones would keep the rest of the GPU waiting."""

TILE_BYTES = 16384
"""K of one tile, and as much V; several are under way at a time, in shared memory."""

TILE_LENS = 16, 128
"""Least tokens of a tile, as tensor cores want them, and most, as registers do."""


class Splits(NamedTuple):
    """Sizes in tokens, and how many splits the longest context may have."""

    tile: int
    split_len: int
    num_splits: int


def cut(
    max_len: int, window: int | None, num_pairs: int, token_bytes: int, split_len: int | None = None
) -> Splits:
    """Cut contexts of up to `max_len` tokens, of which `window + 1` are seen, or all.

    num_pairs: queries times KV heads, each of which has splits of its own; token_bytes: of K of one
    token and KV head, a power of two. By default splits are as long as it takes to fill a GPU.
    """
    tile = clamp(TILE_BYTES // token_bytes, *TILE_LENS)
    reach = max_len if window is None else min(max_len, window + tile)
    wanted = split_len or clamp(power_of_two(reach * num_pairs // PROGRAMS), *SPLIT_LENS)
    split_len = -(-wanted // tile) * tile
    return Splits(tile, split_len, -(-reach // split_len))


def clamp(number: int, least: int, most: int) -> int:
    """Return what of [least, most] is closest to `number`."""
    return min(max(number, least), most)


def power_of_two(number: int) -> int:
    """Round up to a power of two; a block of Triton is one."""
    return 1 << max(number - 1, 0).bit_length()
