"""What the engine does where a computation fails: one turn ends with a reason, all else goes on."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from impl.config import EngineConfig
from impl.engine import Engine
from impl.failure import ForwardFailed
from impl.model.batch import Chunk
from impl.moves import Ended, Move
from impl.sessions.turn import Turn
from spec.machine.trace import Point
from stateful_tests.alone.client import expected_output, small
from stateful_tests.alone.test_policy import moves, serve
from stateful_tests.alone.test_refusals import state
from stateful_tests.engines.reference.faults import Faults

WORDS = "injected, turn {}, {}"


def breakable(config: EngineConfig) -> tuple[Engine, Faults]:
    """Return an engine, and what breaks it."""
    engine = Engine(config)
    return engine, Faults(engine)


def submit(engine: Engine, *turns: int, max_new: int = 2) -> None:
    """Submit the first turn of a session each, of the same number, which says it three times."""
    for turn in turns:
        engine.open(turn)
        engine.submit(turn, turn, [turn] * 3, max_new)


def failed(turn: int, point: Point) -> Ended:
    """Return the answer to a turn that met a fault."""
    is_memory = point == Point.MEMORY
    reason = "out_of_memory" if is_memory else "failed"
    kind = "OutOfMemoryError" if is_memory else "RuntimeError"
    return Ended(turn, turn, "aborted", reason, (), f"{kind}: {WORDS.format(turn, point)}")


@pytest.mark.parametrize("point", [Point.FORWARD, Point.LAYER, Point.MEMORY, Point.COLLECT])
def test_a_turn_that_fails_is_told_why_and_takes_nobody_down(point: Point) -> None:
    engine, faults = breakable(EngineConfig())
    submit(engine, 1, 2, 3)
    faults.inject(2, point)
    serve(engine)
    assert engine.ended[0] == failed(2, point)
    outputs = {end.turn: end.output for end in engine.ended[1:]}
    assert outputs == {turn: expected_output((turn,) * 3, 2) for turn in (1, 3)}
    assert not engine.turns.keys() & {2}
    assert engine.sessions[2].slot is None


def test_a_session_goes_on_from_its_last_finished_turn_after_one_that_failed() -> None:
    engine, faults = breakable(EngineConfig())
    submit(engine, 1)
    serve(engine)
    engine.submit(1, 2, [5], 2)
    faults.inject(2, Point.LAYER)
    serve(engine)
    assert "abort_nth(2)" in moves(engine)
    engine.submit(1, 3, [6], 2)
    serve(engine)
    prompt = (1, 1, 1, *engine.ended[0].output, 6)
    assert engine.ended[2].output == expected_output(prompt, 2)


def test_a_batch_that_is_too_large_for_the_device_is_computed_turn_by_turn() -> None:
    engine = Engine(EngineConfig())
    forward = engine.runner.forward

    def narrow(chunks: Sequence[Chunk]) -> Tensor:
        if len(chunks) > 1:
            raise torch.OutOfMemoryError
        return forward(chunks)

    engine.runner.forward = narrow  # type: ignore[method-assign]
    submit(engine, 1, 2)
    serve(engine)
    assert [end.output for end in engine.ended] == [expected_output((t,) * 3, 2) for t in (1, 2)]


def test_what_a_failed_pass_holds_is_let_go_before_its_turns_are_computed_alone() -> None:
    # A traceback keeps the locals of each of its frames: activations, where memory just ran out.
    engine = Engine(EngineConfig())
    forward, held = engine.runner.forward, list[weakref.ref[Tensor]]()

    def hungry(chunks: Sequence[Chunk]) -> Tensor:
        assert all(ref() is None for ref in held), "the failed pass still holds its activations"
        activations = torch.zeros(8)
        held.append(weakref.ref(activations))
        if len(chunks) > 1:
            raise torch.OutOfMemoryError
        return forward(chunks)

    engine.runner.forward = hungry  # type: ignore[method-assign]
    submit(engine, 1, 2)
    engine.step()
    assert len(held) == 3


def test_a_mistake_of_our_own_inside_a_pass_is_raised() -> None:
    engine = Engine(EngineConfig())

    def mistaken(chunks: Sequence[Chunk]) -> Tensor:  # noqa: ARG001 - of the method it stands for
        raise AssertionError("a guard")

    engine.runner.forward = mistaken  # type: ignore[method-assign]
    submit(engine, 1, 2)
    with pytest.raises(AssertionError, match="a guard"):
        engine.step()


def test_a_single_move_that_fails_changes_nothing_and_can_be_made_again() -> None:
    engine, faults = breakable(small(2, recurrents=2))
    submit(engine, 1)
    steps: list[tuple[str, Any]] = [("start", 0), ("reserve", 3), ("extend", 1), ("extend", 3)]
    for name, arg in steps:
        before, states = state(engine), engine.memory.recurrents
        assert states
        kept = states.states.clone()
        if name == "extend":
            faults.inject(1, Point.LAYER)
            with pytest.raises(ForwardFailed, match=WORDS.format(1, "layer")):
                engine.apply(Move(name, (1, arg)))
            assert state(engine) == before
            assert torch.equal(states.states, kept)
            faults.ended(1)
        assert engine.apply(Move(name, (1, arg)))
    serve(engine)
    assert engine.ended[0].output == expected_output((1,) * 3, 2, layers=(0, 1))


def raising(_: int) -> list[int]:
    """Draft nothing."""
    raise RuntimeError("no drafts today")


@pytest.mark.parametrize(
    ("guess", "says"),
    [
        (raising, "RuntimeError: no drafts today"),
        (lambda num: [1] * (num - 1), r"2 drafts in \[0, 64\) were asked for, not \[1\]"),
        (lambda num: [1] * (num + 1), r"not \[1, 1, 1\]"),
        (lambda num: [64] * num, r"not \[64, 64\]"),
        (lambda num: [-1] * num, r"not \[-1, -1\]"),
    ],
    ids=["raises", "too few", "too many", "outside the vocabulary", "negative"],
)
def test_a_drafter_that_fails_costs_no_answer(guess: Callable[[int], list[int]], says: str) -> None:
    class Drafter:
        def draft(self, _turn: Turn, num: int, _namespace: int) -> list[int]:
            return guess(num)

    engine = Engine(small(2, lookahead=2, num_drafts=2), drafter=Drafter())
    submit(engine, 1, max_new=4)
    serve(engine)
    assert engine.ended[0].output == expected_output((1,) * 3, 4)
    assert "verify(1, 2, 0)" in moves(engine)
    with pytest.raises(AssertionError, match=says):
        raise AssertionError(engine.draft_failures[0].detail)


def unread(pages: int) -> tuple[Engine, Faults]:
    """Return an engine with two turns that each await a result, and `pages` pages of 2."""
    engine, faults = breakable(
        small(2, num_pages=pages, lookahead=1, overlap=True, queue_limit=2, token_budget=32)
    )
    submit(engine, 1, 2, max_new=8)
    while not all(turn.unread for turn in engine.turns.values()):
        engine.step()
    return engine, faults


def test_a_result_that_fails_where_its_turn_is_to_be_put_back_makes_room_as_well() -> None:
    sound, _ = unread(9)
    num_steps = 0
    while "retract(2)" not in moves(sound):
        sound.step()
        num_steps += 1
    engine, faults = unread(9)
    for _ in range(num_steps - 1):
        engine.step()
    engine.moves.clear()
    faults.inject(2, Point.COLLECT)
    engine.step()
    engine.check()
    assert moves(engine)[1:5] == ["fail(2, failed)", "collect(2)", "abort_first(2)", "decode(1)"]
    assert engine.ended == [failed(2, Point.COLLECT)]
    serve(engine)
    assert engine.ended[1].output == expected_output((1,) * 3, 8)


def test_an_abort_does_not_ask_whether_a_result_that_nobody_reads_has_failed() -> None:
    engine, faults = unread(24)
    faults.inject(2, Point.COLLECT)
    engine.abort(2)
    engine.step()
    assert engine.ended == [Ended(2, 2, "aborted", "aborted", ())]
    engine.check()


def test_a_plain_request_and_a_closing_session_are_gone_when_their_turn_has_failed() -> None:
    engine, faults = breakable(EngineConfig())
    submit(engine, 1)
    engine.close(1)
    engine.generate(2, 2, [2], 1)
    for turn in (1, 2):
        faults.inject(turn, Point.FORWARD)
    engine.step()
    assert not engine.sessions
    assert engine.idle
