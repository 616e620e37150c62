"""The benchmark measures what it says: every operation, on the same sessions, and judges it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from benchmarks.bookkeeping import sweeps
from benchmarks.bookkeeping.point import Point
from benchmarks.bookkeeping.race import OURS, RELEASES, Result, engines, missing, race
from benchmarks.bookkeeping.stopwatch import OPERATIONS, Stopwatch
from benchmarks.bookkeeping.verdict import growth, verdicts
from benchmarks.memory import weight
from stateful_tests.engines.hosting.client import Client
from stateful_tests.engines.sglang.releases import requirement

SMALL = Point(sessions=2, together=1, page_size=16, context=256, new=8, output=4)


@pytest.fixture(scope="module", params=(None, *RELEASES))
def racing(request: pytest.FixtureRequest) -> Iterator[dict[str, Client]]:
    """Yield ours, alone and with each release that is installed."""
    release = request.param
    if release and requirement(release) in missing():
        pytest.skip(f"not installed: turnstile engines install {requirement(release)}")
    with engines([release] if release else []) as clients:
        yield clients


def test_all_engines_take_the_turns_of_a_quick_run(racing: dict[str, Client]) -> None:
    for point in sweeps.quick():
        result = race(racing, point, 1)
        for engine in racing:
            assert all(result.operation(engine, name) > 0 for name in OPERATIONS), result


@pytest.mark.parametrize("page_size", [1, 16])
def test_a_tail_is_freed_by_the_turn_that_finds_it(
    racing: dict[str, Client], page_size: int
) -> None:
    point, rounds = replace(SMALL, page_size=page_size, tail=20), 110
    lost = rounds * (point.tail // page_size)  # by an engine that does not free it
    assert lost > point.num_pages - point.sessions * (point.context // page_size)
    assert race(racing, point, rounds).turns


def test_bytes_of_idle_sessions_are_weighed(racing: dict[str, Client]) -> None:
    for engine, client in racing.items():
        client.configure(SMALL)
        told = client.ask("memory", **vars(SMALL))
        held = SMALL.sessions * SMALL.context
        assert 4 * held < told["sessions"] < 400 * held, f"{engine}: {told}"
        assert told["row"] > 0, f"{engine}: {told}"
        assert told["allocator"] >= 4 * SMALL.num_pages, f"{engine}: {told}"


def test_a_token_of_an_idle_session_takes_four_bytes_and_a_little_to_spare() -> None:
    with engines([]) as clients:
        assert 4 <= weight(clients[OURS], page_size=16).token < 4.5


def of_operations(stopwatch: Stopwatch, names: tuple[str, ...]) -> None:
    """Call something under each of these names."""
    for name in names:
        stopwatch.timed(lambda: sum(range(20_000)), name)()


def test_a_turn_without_one_of_its_operations_is_not_reported() -> None:
    stopwatch = Stopwatch()
    of_operations(stopwatch, OPERATIONS[1:])
    with pytest.raises(AssertionError, match=f"timed without .*{OPERATIONS[0]}"):
        stopwatch.taken(1)


def test_time_is_told_per_turn_and_begins_anew() -> None:
    stopwatch = Stopwatch()
    of_operations(stopwatch, OPERATIONS)
    ns = dict(stopwatch.ns)
    assert all(ns.values())
    assert stopwatch.taken(4) == {name: ns[name] / 4e3 for name in OPERATIONS}
    of_operations(stopwatch, OPERATIONS[1:])
    with pytest.raises(AssertionError, match="timed without"):
        stopwatch.taken(1)


def test_time_of_other_processes_is_not_counted() -> None:
    stopwatch = Stopwatch()
    stopwatch.timed(time.sleep, "match")(0.2)
    assert stopwatch.ns["match"] < 0.1e9


def result(ours: float, theirs: float, context: int = 1024, page_size: int = 1) -> Result:
    """Return a result of one turn each."""
    turns = {
        engine: [dict.fromkeys(OPERATIONS, us)] for engine, us in (("x", theirs), (OURS, ours))
    }
    point = Point(sessions=1, together=1, page_size=page_size, context=context)
    return Result(point, turns)


@pytest.mark.parametrize(
    ("ratios", "is_met"),
    [
        ((2.0, 2.0, 1.0), True),
        ((1.9, 1.9, 3.0), False),  # the median is not twice
        ((5.0, 5.0, 0.9), False),  # one point is slower
    ],
)
def test_the_target_is_twice_at_the_median_and_no_point_slower(
    ratios: tuple[float, ...], is_met: bool
) -> None:
    [verdict] = verdicts([result(1.0, ratio, context=1024 * i) for i, ratio in enumerate(ratios)])
    assert (verdict.release, verdict.is_met) == ("x", is_met)
    assert verdict.least == pytest.approx(min(ratios))


def test_growth_compares_points_that_differ_in_the_context_only() -> None:
    short, long = result(1.0, 1.0), result(1.5, 9.0, context=1 << 17)
    other = result(100.0, 1.0, context=1 << 17, page_size=16)
    assert growth([short, long, other], OURS) == pytest.approx(1.5)
    assert growth([short, long, other], "x") == pytest.approx(9.0)
    assert growth([short, result(1.0, 1.0, page_size=16)]) is None


def test_points_too_large_are_left_out_and_told() -> None:
    points, most = [*sweeps.one_at_a_time(), *sweeps.at_once()], sweeps.MOST_LOCATIONS
    left_out = sweeps.left_out(points, most)
    assert {(p.sessions, p.context) for p in left_out} == {(1024, 1 << 17)}
    assert len(sweeps.measured(points, 0, most)) + len(left_out) == len(points) == 60
