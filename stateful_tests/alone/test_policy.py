"""The engine's own policy: what a step does, in which order, and that nothing can wedge it."""

from __future__ import annotations

import pytest

from impl.config import EngineConfig
from impl.engine import Engine
from impl.model.sampling import Sampling
from impl.moves import Ended, Move
from stateful_tests.alone.client import expected_output, small


def serve(engine: Engine) -> None:
    """Step until nothing waits and nothing runs."""
    for _ in range(300):
        if engine.idle:
            return
        engine.step()
        engine.check()
    pytest.fail(f"turns still wait or run: {engine.queues.waiting}, {engine.queues.running}")


def moves(engine: Engine) -> list[str]:
    """Return the names and arguments of the moves so far."""
    return [str(move) for move in engine.moves]


def test_a_batch_mixes_decodes_and_prefill_chunks_within_the_token_budget() -> None:
    engine = Engine(EngineConfig(token_budget=6))
    engine.open(1)
    engine.open(2)
    engine.submit(1, 1, [1, 2, 3], 8)
    engine.step()
    engine.submit(2, 2, [4, 5, 6, 7, 8, 9, 10], 2)
    engine.moves.clear()
    engine.step()
    assert moves(engine) == [
        *("start(2, 0)", "reserve(1, 4)", "reserve(2, 5)", "decode(1)", "extend(2, 5)"),
        *("collect(1)", "collect(2)"),
    ]


def test_with_overlap_the_next_batch_is_launched_before_the_last_one_is_read() -> None:
    engine = Engine(EngineConfig(lookahead=1, overlap=True))
    engine.open(1)
    engine.submit(1, 1, [1, 2, 3], 3)
    serve(engine)
    assert moves(engine) == [
        *("start(1, 0)", "reserve(1, 3)", "extend(1, 3)"),
        *("reserve(1, 4)", "decode(1)", "collect(1)"),
        *("reserve(1, 5)", "decode(1)", "collect(1)", "collect(1)", "finish(1, 6)"),
    ]
    assert engine.ended[0].output == expected_output((1, 2, 3), 3)


def test_with_overlap_a_stop_ends_its_turn_though_a_batch_was_launched_over_it() -> None:
    stop = frozenset(expected_output((1, 2, 3), 2)[1:])
    engine = Engine(EngineConfig(lookahead=1, overlap=True))
    engine.open(1)
    engine.submit(1, 1, [1, 2, 3], 5, sampling=Sampling(stop=stop))
    while not engine.ended:
        engine.step()
    assert engine.ended[0].output == expected_output((1, 2, 3), 2)
    assert engine.launches.done < engine.launches.launched
    assert moves(engine)[-4:] == ["decode(1)", "collect(1)", "collect(1)", "finish(1, 5)"]
    assert engine.sessions[1].slot is not None
    assert engine.sessions[1].slot.committed == 5
    engine.submit(1, 2, [9], 2)
    serve(engine)
    said = expected_output((1, 2, 3), 2)
    assert engine.ended[1].output == expected_output((1, 2, 3, *said, 9), 2)


def test_with_overlap_an_abort_waits_for_no_batch_and_its_pages_wait_for_that_batch() -> None:
    engine = Engine(small(4, num_pages=2, lookahead=1, overlap=True))
    engine.open(1)
    engine.submit(1, 1, [1, 2, 3], 4)
    engine.step()
    engine.step()
    assert engine.launches.done < engine.launches.launched
    engine.abort(1)
    engine.step()
    assert engine.ended[0].outcome == "aborted"
    assert engine.sizes.available == 8
    assert engine.launches.done < engine.launches.launched
    engine.open(2)
    engine.submit(2, 2, [4, 5, 6], 4)  # needs the whole pool, and so waits for the device
    serve(engine)
    assert engine.ended[1].output == expected_output((4, 5, 6), 4)


def test_when_decode_runs_out_of_room_the_youngest_turn_goes_back_and_keeps_its_output() -> None:
    engine = Engine(small(4, num_pages=6, queue_limit=2, token_budget=32))
    for session in (1, 2):
        engine.open(session)
        engine.submit(session, session, [session] * 8, 9)
    while not any(move.name == "retract" for move in engine.moves):
        engine.step()
    at = [move.name for move in engine.moves].index("retract")
    assert engine.moves[at] == Move("retract", (2,))
    turn = engine.turns[2]
    assert turn.record is None
    assert turn.output
    assert engine.sessions[2].in_flight is turn
    serve(engine)
    assert [(ended.turn, ended.output) for ended in engine.ended] == [
        (turn, expected_output((turn,) * 8, 9)) for turn in (1, 2)
    ]


def test_open_sessions_that_hold_the_whole_pool_cannot_wedge_it() -> None:
    engine = Engine(small(4, num_pages=6))
    for session, length in ((1, 16), (2, 12), (3, 20)):
        engine.open(session)
        engine.submit(session, session, [session] * length, 2)
        serve(engine)
    assert [ended.outcome for ended in engine.ended] == ["finished"] * 3
    names = {move.name for move in engine.moves}
    assert {"reclaim", "evict"} <= names
    assert "retract" not in names


def test_a_row_is_got_from_an_idle_slot_and_a_wiped_session_goes_on_from_its_tokens() -> None:
    engine = Engine(small(4, num_rows=1, queue_limit=2))
    for session in (1, 2):
        engine.open(session)
        engine.submit(session, session, [session], 2)
        serve(engine)
    assert Move("reclaim", (1,)) in engine.moves
    first = engine.ended[0].output
    engine.submit(1, 3, [5], 2)
    serve(engine)
    assert engine.ended[-1].output == expected_output((1, *first, 5), 2)


def test_turns_of_a_higher_priority_go_first_and_the_others_as_they_came() -> None:
    engine = Engine(EngineConfig(token_budget=4))
    for turn, priority in enumerate((0, 5, -1, 5, 0)):
        engine.generate(turn, turn, [1, 2, 3, 4], 1, priority=priority)
    serve(engine)
    assert [ended.turn for ended in engine.ended] == [1, 3, 0, 4, 2]


def test_a_running_turn_goes_back_for_one_of_a_higher_priority_and_for_no_other() -> None:
    engine = Engine(small(4, num_pages=6, queue_limit=2, token_budget=32))
    engine.generate(1, 1, [1] * 12, 9, priority=1)
    engine.step()
    engine.generate(2, 2, [2] * 12, 1, priority=1)
    engine.step()
    assert [turn.id for turn in engine.queues.running] == [1]
    engine.generate(3, 3, [3] * 12, 9, priority=2)
    engine.step()
    assert Move("retract", (1,)) in engine.moves
    assert [turn.id for turn in engine.queues.running] == [3]
    assert [turn.id for turn in engine.queues.waiting] == [1, 2]
    serve(engine)
    assert engine.ended[0].turn == 3
    outputs = {ended.turn: ended.output for ended in engine.ended}
    for turn, num in ((1, 9), (2, 1), (3, 9)):
        assert outputs[turn] == expected_output((turn,) * 12, num)


def test_a_chunk_ends_where_the_pages_do_that_are_published_with_a_recurrent_state() -> None:
    engine = Engine(small(4, recurrents=4, token_budget=32))
    for turn in (1, 2):
        engine.generate(turn, turn, [7] * 10, 2)
        serve(engine)
    assert moves(engine) == [
        *("start(1, 0)", "reserve(1, 8)", "extend(1, 8)", "collect(1)", "publish(1)"),
        *("reserve(1, 10)", "extend(1, 10)", "collect(1)"),
        *("reserve(1, 11)", "decode(1)", "collect(1)", "finish(1, 12)", "end_close(1)"),
        *("start(2, 2)", "reserve(2, 10)", "extend(2, 10)", "collect(2)"),
        *("reserve(2, 11)", "decode(2)", "collect(2)", "finish(2, 12)", "end_close(2)"),
    ]
    assert {e.output for e in engine.ended} == {expected_output((7,) * 10, 2, layers=(0, 1))}


def test_pages_without_their_recurrent_state_are_computed_again() -> None:
    engine = Engine(small(4, recurrents=4, token_budget=32))
    for turn, prompt in enumerate(([7] * 9, [7] * 5, [7] * 4 + [8] * 3)):
        engine.generate(turn, turn, prompt, 1)
        serve(engine)
    starts = [move for move in moves(engine) if move.startswith("start")]
    assert starts == ["start(0, 0)", "start(1, 0)", "start(2, 1)"]
    assert sorted(len(node.tokens) for node in engine.tree.nodes()) == [4, 8]
    assert all(node.recurrent is not None for node in engine.tree.nodes())


def test_older_recurrent_states_go_for_those_of_new_prompts() -> None:
    engine = Engine(small(4, recurrents=2, token_budget=32))
    for session in (1, 2, 3):
        engine.open(session)
        engine.submit(session, session, [session] * 5, 2)
        serve(engine)
    made = [move for move in moves(engine) if move.startswith(("reclaim", "evict", "publish"))]
    assert made == [
        *("publish(1)", "reclaim(1)", "evict(0, (1, 1, 1, 1), 1)"),
        *("publish(2)", "reclaim(2)", "evict(0, (2, 2, 2, 2), 1)", "publish(3)"),
    ]
    assert [(ended.turn, ended.output) for ended in engine.ended] == [
        (turn, expected_output((turn,) * 5, 2, layers=(0, 1))) for turn in (1, 2, 3)
    ]


def test_a_row_takes_the_recurrent_state_of_a_leaf_that_nobody_reads() -> None:
    engine = Engine(small(4, recurrents=2, queue_limit=2, token_budget=32))
    engine.generate(1, 1, [1] * 5, 2)
    serve(engine)
    for turn in (2, 3):
        engine.generate(turn, turn, [turn] * 3, 2)
    serve(engine)
    made = [move for move in moves(engine) if move.startswith(("start", "evict"))]
    assert made == ["start(1, 0)", "start(2, 0)", "evict(0, (1, 1, 1, 1), 1)", "start(3, 0)"]


def test_one_recurrent_state_is_enough_to_serve_and_then_nothing_is_published() -> None:
    engine = Engine(small(4, recurrents=1, queue_limit=2, token_budget=32))
    for session in (1, 2):
        engine.generate(session, session, [session] * 8, 2)
    serve(engine)
    assert "publish" not in {move.name for move in engine.moves}
    assert [ended.turn for ended in engine.ended] == [1, 2]


def test_a_turn_that_does_not_fit_the_whole_pool_is_turned_away() -> None:
    engine = Engine(small(4, num_pages=3))
    engine.open(1)
    engine.submit(1, 1, [1] * 12, 1)
    serve(engine)
    assert engine.ended == [Ended(1, 1, "aborted", "no_room", ())]
    assert engine.moves == [Move("pre_abort", (1, "no_room"))]


def test_a_turn_that_came_when_the_queue_was_full_runs_if_there_is_room_by_then() -> None:
    engine = Engine(small(4, queue_limit=1))
    for session in (1, 2, 3):
        engine.open(session)
        engine.submit(session, session, [session], 1)
    engine.abort(1)
    serve(engine)
    assert [(e.turn, e.reason) for e in engine.ended] == [
        (1, "aborted"),
        (3, "queue_full"),
        (2, ""),
    ]


def test_a_finished_turn_is_forgotten_when_the_next_one_finishes() -> None:
    # B20 of PR 22790: a chain of req_nodes would keep every past turn, and all their ids taken.
    engine = Engine(EngineConfig())
    engine.open(1)
    past = []
    for turn in range(10):
        engine.submit(1, turn % 2, [turn], 2)
        past.append(engine.turns[turn % 2])
        serve(engine)
        assert list(engine.turns) == [turn % 2]
    assert [turn.session is None for turn in past] == [True] * 9 + [False]


def test_a_deferred_close_completes_in_the_step_in_which_its_turn_ends() -> None:
    # B9 of PR 21875: closing at once would free the row and the pages under the running turn.
    engine = Engine(EngineConfig())
    engine.open(1)
    engine.submit(1, 1, [1, 2], 2)
    engine.step()
    engine.close(1)
    engine.close(1)
    engine.check()
    engine.step()
    assert engine.ended == [Ended(1, 1, "finished", "", expected_output((1, 2), 2))]
    assert engine.moves[-1] == Move("end_close", (1,))
    assert not engine.sessions


def test_a_plain_request_leaves_nothing_but_its_prompt_in_the_tree() -> None:
    engine = Engine(EngineConfig(page_size=2))
    engine.generate(1, 1, [1, 2, 3], 2, namespace=1)
    serve(engine)
    assert engine.ended[0].output == expected_output((1, 2, 3), 2, 1)
    assert not engine.sessions
    (node,) = engine.tree.nodes()
    assert (node.namespace, list(node.key), node.lock_ref) == (1, [1, 2], 0)


def test_an_idle_session_is_closed_after_its_time_out_and_one_with_a_turn_is_not() -> None:
    now = 0.0
    engine = Engine(EngineConfig(session_timeout=10.0), clock=lambda: now)
    engine.open(1)
    engine.open(2)
    engine.submit(2, 2, [1], 3)
    now = 10.0
    engine.step()
    assert list(engine.sessions) == [2]
    serve(engine)
    now = 19.9
    engine.step()
    assert list(engine.sessions) == [2]
    now = 20.1
    engine.step()
    assert not engine.sessions


def test_a_turn_with_kv_for_its_last_token_too_finishes_and_the_next_goes_on_from_it() -> None:
    # F1 of docs/found.md: such a turn was never seen as complete.
    engine = Engine(EngineConfig())
    engine.open(1)
    engine.submit(1, 1, [5], 1)
    for name, *args in (
        *(("start", 1, 0), ("reserve", 1, 1), ("extend", 1, 1), ("collect", 1)),
        *(("reserve", 1, 2), ("extend", 1, 2), ("collect", 1)),
    ):
        assert engine.apply(Move(str(name), tuple(args)))
    engine.step()
    output = expected_output((5,), 1)
    assert engine.ended == [Ended(1, 1, "finished", "", output)]
    engine.submit(1, 2, [6], 3)
    serve(engine)
    assert engine.ended[1].output == expected_output((5, *output, 6), 3)
