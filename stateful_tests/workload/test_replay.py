"""The sample replays without a difference and loses nothing; what is wrong in an engine is seen."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from impl.cache.mirror import Pages
from stateful_tests.bugs import BUGS
from stateful_tests.engines.engine import Ended
from stateful_tests.lockstep import Pace
from stateful_tests.workload.asks import Ask
from stateful_tests.workload.clients import Clients
from stateful_tests.workload.generate import SAMPLE
from stateful_tests.workload.plan import CONTEXT, Plan
from stateful_tests.workload.replay import Replay, replay_workload
from stateful_tests.workload.result import WorkloadResult
from stateful_tests.workload.sessions import Turn, load_sessions


@pytest.mark.parametrize("page_size", [1, 4, 16])
def test_the_sample_replays_without_a_difference_and_loses_nothing(
    page_size: int, device: str
) -> None:
    sessions = load_sessions(SAMPLE)
    result = replay_workload(sessions, page_size, device=device)
    assert result.difference is None
    assert result.complete
    assert result.sessions == len(sessions)
    assert result.submitted == sum(map(len, sessions))
    assert result.submitted == result.finished + result.aborted.total()
    assert result.peak_open > 10
    for pressure in ("retract", "reclaim", "evict"):
        assert result.moves[pressure] > 0, pressure
    assert min(result.states_compared, result.sessions_compared, result.outputs_compared) > 10


def test_aborts_of_each_kind_and_closes_of_turns_in_flight_occur() -> None:
    result = replay_workload(load_sessions(SAMPLE), abort_rate=0.3)
    for move in ("abort_waiting", "abort_first", "abort_nth", "end_close"):
        assert result.moves[move] > 0, move
    assert result.aborted["aborted"] > 10


def test_a_replay_repeats_itself_and_another_seed_gives_another() -> None:
    sessions = load_sessions(SAMPLE, 20)
    first, second = replay_workload(sessions), replay_workload(sessions)
    other = replay_workload(sessions, seed=1)
    assert (first.moves, first.aborted) == (second.moves, second.aborted)
    assert first.moves != other.moves


def test_an_interrupt_leaves_a_valid_partial_result() -> None:
    replay = Replay(Plan.of(load_sessions(SAMPLE)))

    def interrupt(result: WorkloadResult) -> None:
        if result.steps == 50:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replay.run(progress=interrupt)
    result = replay.result
    assert not result.complete
    assert result.difference is None
    assert result.steps == 50
    assert 0 < result.finished + result.aborted.total() <= result.submitted
    assert result.tokens_computed > 0
    assert result.seconds > 0


def test_a_replay_stops_when_its_time_is_up() -> None:
    result = replay_workload(load_sessions(SAMPLE), seconds=0.05)
    assert not result.complete
    assert 0 < result.submitted < result.plan.num_turns


SEEN = ("B1", "B3", "B4", "B5", "B7", "B8", "B9", "B10", "B11", "B13", "B18", "B19", "B20")
"""Not B6: the clients of a recorded session never ask for a second turn while one runs. Not
B2, B12, B14, B15, B16 and N1, which need speculation, other layers, another namespace.
"""

CROWD = [[Turn(800.0 * x, 3_300, 640), Turn(12_000.0, 640, 20_000)] for x in range(6)]
"""All sessions go on at once and at length: no slot is idle, so resumed turns are retracted."""


def plans() -> Iterator[Plan]:
    """Generate worlds; a bug shows in some of them."""
    for queue_limit in (9, 2):
        yield Plan.of(CROWD, 4, abort_rate=0, queue_limit=queue_limit)
    for abort_rate, page_size, seed in product((0.3, 0.05), (4, 1, 16), (0, 1)):
        yield Plan.of(load_sessions(SAMPLE), page_size, abort_rate=abort_rate, seed=seed)


def is_seen(name: str, plan: Plan) -> bool:
    """Replay a plan on an engine with a bug; tell whether something differs."""
    replay = Replay(plan, BUGS[name].engine)
    result = replay.run()
    assert result.complete == (result.difference is None)
    return not result.complete


@pytest.mark.parametrize("name", SEEN)
def test_a_planted_bug_is_seen_in_the_workload(name: str) -> None:
    assert any(is_seen(name, plan) for plan in plans())


def test_a_crowd_of_long_turns_is_served_without_a_difference() -> None:
    result = Replay(Plan.of(CROWD, 4, abort_rate=0, queue_limit=9)).run()
    assert result.complete
    assert result.finished == 2 * len(CROWD)
    assert result.retracts > 0


def test_a_turn_that_is_too_long_is_told_so_and_the_session_goes_on() -> None:
    turns = [Turn(0.0, 6_400, 640), Turn(1.0, CONTEXT, 640), Turn(2.0, 10**15, 1), Turn(3.0, 64, 0)]
    result = replay_workload([turns], abort_rate=0)
    assert result.complete
    assert result.aborted == {"too_long": 2}
    assert result.finished == 2


def test_a_page_that_is_lost_is_seen_after_the_last_close() -> None:
    replay = Replay(Plan.of([[Turn(0.0, 6_400, 640)]], abort_rate=0))
    lockstep, allocator = replay.lockstep, replay.engine.inner.allocator
    lockstep.pace = Pace(states=10**9)
    lockstep.compare = lambda: None  # type: ignore[method-assign]
    free = allocator.free

    def planted(pages: Pages, after: int = 0) -> None:
        free(pages[1:], after)

    allocator.free = planted  # type: ignore[method-assign]
    difference = replay.run().difference
    assert difference is not None
    assert difference.check == "nothing_is_lost_in_the_end"
    assert len(difference.steps) == replay.result.actions


def ask(session: int, turn: int, step: float) -> Ask:
    """Return an ask that is not aborted."""
    return Ask(session, turn, step, 1, 1, 0, None, False)


def ended(session: int, turn: int) -> Ended:
    """Return the answer to a turn."""
    return Ended(turn, session, "finished", "", (7,))


def test_a_session_waits_outside_while_the_rows_are_taken() -> None:
    clients = Clients([[ask(0, 0, 0.0)], [ask(1, 1, 1.0)]], most_open=1)
    assert [name for name, _ in clients.requests(5)] == ["open", "submit"]
    assert not list(clients.requests(6))
    clients.ended(ended(0, 0))
    assert [name for name, _ in clients.requests(7)] == ["close", "open", "submit"]
    clients.ended(ended(1, 1))
    assert [name for name, _ in clients.requests(8)] == ["close"]
    assert clients.are_done


def test_a_turn_waits_for_the_one_before_and_turns_come_in_the_order_of_their_times() -> None:
    clients = Clients([[ask(0, 0, 0.0), ask(0, 1, 0.5)], [ask(1, 2, 0.2)]], most_open=2)
    submits = [args[1] for name, args in clients.requests(1) if name == "submit"]
    assert submits == [0, 2]
    clients.ended(ended(0, 0))
    assert [(name, args[1]) for name, args in clients.requests(2)] == [("submit", 1)]
