"""Which points are measured. Answers: what is compared, and what is left out?"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from benchmarks.bookkeeping.point import Point

MOST_LOCATIONS = 40_000_000
"""That sessions of a point hold, unless more is asked for. Three engines at once keep the tokens,
once, twice or three times, and their rows: about 100 bytes for each location, 4 GB."""

SESSIONS, AT_ONCE = (1, 32, 1024), 256
TAIL = 80
"""More than the largest page, so that every page size has something to free."""

PAGE_SIZES = (1, 16, 64)
CONTEXTS = (1 << 10, 1 << 13, 1 << 15, 1 << 17)


def one_at_a_time() -> list[Point]:
    """Return points at which one session takes a turn while the others idle."""
    return [
        Point(sessions=sessions, together=1, page_size=page_size, context=context)
        for sessions, page_size, context in product(SESSIONS, PAGE_SIZES, CONTEXTS)
    ]


def at_once() -> list[Point]:
    """Return points at which all sessions take turns at once, or 256 of them."""
    return [
        replace(point, together=min(point.sessions, AT_ONCE))
        for point in one_at_a_time()
        if point.sessions > 1
    ]


def measured(points: list[Point], least: int, most: int) -> list[Point]:
    """Return the points at which sessions hold so many locations."""
    return [point for point in points if least <= point.num_locations <= most]


def left_out(points: list[Point], most: int) -> list[Point]:
    """Return the other points."""
    return [point for point in points if point.num_locations > most]


def with_tails() -> list[Point]:
    """Return points at which each turn first frees a tail that speculative decoding left."""
    return [
        Point(sessions=32, together=n, page_size=size, context=context, tail=TAIL)
        for size, context, n in product(PAGE_SIZES, (1 << 10, 1 << 15), (1, 32))
    ]


def new_tokens() -> list[Point]:
    """Return points of one context and turns of more and more new tokens."""
    return [
        Point(sessions=32, together=1, page_size=16, context=1 << 15, new=new, output=output)
        for new, output in ((1, 1), (16, 1), (256, 1), (1024, 1), (16, 16), (16, 64))
    ]


def free_kernels() -> list[Point]:
    """Return points at which what a release has a GPU do is done by a few lines of numpy."""
    return [
        Point(sessions=32, together=n, page_size=size, context=context, free_kernels=True)
        for size, context, n in product(PAGE_SIZES, (1 << 10, 1 << 15), (1, 32))
    ]


def quick() -> list[Point]:
    """Return a few points that take seconds."""
    return [
        Point(sessions=1, together=1, page_size=16, context=256, new=8, output=4),
        Point(sessions=4, together=4, page_size=1, context=256, new=8, output=4),
        Point(sessions=4, together=2, page_size=16, context=256, new=8, output=4, tail=40),
    ]
