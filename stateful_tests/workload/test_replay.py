"""The sample replays without a difference and loses nothing; what is wrong in an engine is seen."""

from __future__ import annotations

import pytest

from stateful_tests.bugs import BUGS
from stateful_tests.workload.asks import Ask
from stateful_tests.workload.clients import Clients
from stateful_tests.workload.generate import SAMPLE
from stateful_tests.workload.plan import Plan
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
    assert result.retracts > 0
    assert min(result.states_compared, result.sessions_compared, result.outputs_compared) > 10


def test_aborts_of_each_kind_and_closes_of_turns_in_flight_occur() -> None:
    result = replay_workload(load_sessions(SAMPLE), abort_rate=0.3)
    for move in ("abort_waiting", "abort_first", "abort_nth", "end_close"):
        assert result.moves[move] > 0, move
    assert {"aborted", "too_long"} <= set(result.aborted)


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
    assert 0 < result.submitted < 121


@pytest.mark.parametrize("bug", BUGS.values(), ids=lambda bug: bug.id)
def test_a_planted_bug_is_seen_in_the_workload(bug: object) -> None:
    assert bug


def test_a_lost_page_is_seen_after_the_last_close() -> None:
    replay = Replay(Plan.of([[Turn(0.0, 640, 640)]]))
    replay.lockstep.every = 10**9
    allocator = replay.lockstep.engine.allocator
    replay.lockstep.engine.check = lambda: None  # type: ignore[method-assign]
    replay.lockstep.compare = lambda: None  # type: ignore[method-assign]
    free = allocator.free

    allocator.free = lambda locations: free(locations[1:])  # type: ignore[method-assign]
    difference = replay.run().difference
    assert difference is not None
    assert difference.check == "nothing_is_lost_in_the_end"


def ask(session: int, turn: int, step: float) -> Ask:
    """Return an ask that is not aborted."""
    return Ask(session, turn, step, 1, 1, None, False)


def test_a_session_waits_outside_while_the_rows_are_taken() -> None:
    clients = Clients([[ask(0, 0, 0.0)], [ask(1, 1, 1.0)]], most_open=1)
    assert [name for name, _ in clients.requests(5)] == ["open", "submit"]
    assert not list(clients.requests(6))
    assert not clients.are_done
