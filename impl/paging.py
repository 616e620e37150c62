"""Positions, pages and locations: how many pages, where do they begin, what lies where?

All the arithmetic of page sizes, in one place. A location is page * page_size + offset, and the
token at position i of a row lies at offset i % page_size of its page. Lengths and sizes are numbers
of tokens from 0 on; functions of locations and positions take numbers, and tensors of them alike.
"""

from __future__ import annotations

from typing import TypeVar

from torch import Tensor

N = TypeVar("N", int, Tensor)


def num_pages(length: int, page_size: int) -> int:
    """Return how many pages `length` tokens take, the last one perhaps in part."""
    return -(-length // page_size)


def num_full_pages(length: int, page_size: int) -> int:
    """Return how many pages `length` tokens fill."""
    return length // page_size


def ceil_align(length: int, page_size: int) -> int:
    """Round `length` tokens up to whole pages."""
    return num_pages(length, page_size) * page_size


def floor_align(length: N, page_size: int) -> N:
    """Round `length` tokens down to whole pages."""
    return length // page_size * page_size


def num_new_pages(held_len: int, length: int, page_size: int) -> int:
    """Return how many pages it takes to go from `held_len` to `length` tokens; below 0, to free."""
    return num_pages(length, page_size) - num_pages(held_len, page_size)


def location(page: N, offset: N, page_size: int) -> N:
    """Return where a page's token at `offset` lies."""
    return page * page_size + offset


def page_of(location: N, page_size: int) -> N:
    """Return the page of a location, or the index in its row of a position's page."""
    return location // page_size


def offset_of(location: N, page_size: int) -> N:
    """Return how many tokens lie before a location, or a position, on the same page."""
    return location % page_size


def num_locations(num_pages: int, page_size: int) -> int:
    """Return how many locations a pool of `num_pages` has; the padding page's are extra, first."""
    return (num_pages + 1) * page_size


def window_start(position: N, window: int) -> N:
    """Return the first position that a sliding window sees from `position`; below 0, all of them.

    It looks `window` tokens back, so it sees window + 1 tokens.
    """
    return position - window
