"""Our side alone, with pytest-benchmark, so that a regression is seen without any release.

    pytest benchmarks/bookkeeping/bench_ours.py --benchmark-autosave
    pytest benchmarks/bookkeeping/bench_ours.py --benchmark-compare-fail=median:20%

Its name keeps it out of the default suite. One round is a turn of each session that takes turns at
once; its scheduler's work is timed, too, and so it is for comparing with itself only. Of what the
operations alone take, the medians are in the extra columns of what is saved.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import Any

import pytest
import torch

from benchmarks.bookkeeping.ours import Ours
from benchmarks.bookkeeping.point import Point
from benchmarks.bookkeeping.stopwatch import OPERATIONS

POINTS = tuple(
    Point(sessions=sessions, together=together, page_size=page_size, context=context)
    for sessions, together in ((1, 1), (32, 1), (32, 32))
    for page_size in (1, 16, 64)
    for context in (1 << 10, 1 << 15)
)


@pytest.fixture(scope="module")
def ours() -> Iterator[Ours]:
    """Yield our engine, on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield Ours()
    torch.set_num_threads(threads)


@pytest.mark.parametrize(
    "point", POINTS, ids=lambda p: f"{p.sessions}x{p.together}-page{p.page_size}-{p.context}"
)
def test_bookkeeping_of_turns(benchmark: Any, ours: Ours, point: Point) -> None:
    """Time turns, 15 times."""
    ours.prepare(point)
    timed: list[dict[str, float]] = []
    benchmark.pedantic(
        lambda sessions: timed.append(ours.timed(sessions)),
        setup=lambda: ((ours.ready(),), {}),
        rounds=15,
        warmup_rounds=2,
    )
    for name in OPERATIONS:
        benchmark.extra_info[name] = median(turn[name] for turn in timed)
