"""Planted in what follows a failed computation: what is given back, put back, or told."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from impl.engine import Engine
from impl.failure import Failure, ForwardFailed
from impl.model.batch import Chunk
from impl.moves import Move
from impl.sessions.session import Session
from impl.sessions.turn import Turn


def x1(engine: Engine) -> None:
    """Keep the pages of a turn that fails."""
    free = engine.cache.free

    def plant(does_fail: bool) -> None:
        engine.cache.free = _nothing if does_fail else free  # type: ignore[method-assign, assignment]

    _while_failing(engine, plant)


def x2(engine: Engine) -> None:
    """Keep the row of a turn that fails."""
    free = engine.rows.free

    def plant(does_fail: bool) -> None:
        engine.rows.free = _nothing if does_fail else free  # type: ignore[method-assign, assignment]

    _while_failing(engine, plant)


def x3(engine: Engine) -> None:
    """Leave recurrent states where a failed pass has moved them."""
    if recurrents := engine.memory.recurrents:
        recurrents.restore = _nothing  # type: ignore[method-assign, assignment]


def x4(engine: Engine) -> None:
    """Let lengths grow before the pass, and leave them so where it fails."""
    launcher = engine.launcher
    launch = launcher.launch

    def planted(moves: Sequence[Move]) -> None:
        try:
            launch(moves)
        except ForwardFailed:
            for move in moves:
                chunk: Chunk = getattr(launcher, move.name)(*move.args)
                _, _, record = engine.queues.is_running(int(str(move.args[0])))
                record.launched = chunk.end
            raise

    launcher.launch = planted  # type: ignore[method-assign]


def x5(engine: Engine) -> None:
    """Leave a turn that failed in flight: its session takes no other."""
    detach = engine.controller.detach

    def planted(session: Session, turn: Turn) -> None:
        detach(session, turn)
        session.in_flight = turn
        engine.controller.turns[turn.id], turn.session = turn, session

    def plant(does_fail: bool) -> None:
        engine.controller.detach = planted if does_fail else detach  # type: ignore[method-assign]

    _while_failing(engine, plant)


def x6(engine: Engine) -> None:
    """Let a failed batch take all its turns down."""
    launch = engine.mechanism.launch

    def planted(moves: Sequence[Move]) -> None:
        if len(moves) == 1:
            launch(moves)
            return
        try:
            launch(moves)
        except ForwardFailed as failed:
            for move in moves:
                engine.fail(int(str(move.args[0])), failed.failure)

    engine.mechanism.launch = planted  # type: ignore[method-assign]


def x7(engine: Engine) -> None:
    """Lose a result that could not be read."""
    collect = engine.launcher.collect

    def planted(turn_id: int) -> None:
        try:
            collect(turn_id)
        except ForwardFailed:
            engine.turns[turn_id].unread.pop(0)
            raise

    engine.mechanism.collect = planted


def x8(engine: Engine) -> None:
    """Let a turn fail because its drafter does: it could be decoded plainly."""
    launcher = engine.launcher
    drafts = launcher._drafts

    def planted(turn: Turn, num: int, namespace: int) -> list[int]:
        told = len(launcher.draft_failures)
        guessed = drafts(turn, num, namespace)
        if len(launcher.draft_failures) > told:
            raise ForwardFailed(launcher.draft_failures[-1])
        return guessed

    launcher._drafts = planted  # type: ignore[method-assign]


def x9(engine: Engine) -> None:
    """Count the token before its drafts as computed, and leave it so where their pass fails."""
    launcher = engine.launcher
    verify = launcher.verify

    def planted(turn_id: int, num_drafts: int) -> int:
        _, turn, record = engine.queues.at_rest(turn_id)
        try:
            return verify(turn_id, num_drafts)
        except ForwardFailed:
            record.committed = record.launched = len(turn.tokens)
            raise

    launcher.verify = planted  # type: ignore[method-assign]


def _while_failing(engine: Engine, plant: Callable[[bool], None]) -> None:
    """Plant a bug that is there only while a turn fails."""
    fail = engine.stepper.fail

    def planted(turn_id: int, failure: Failure) -> None:
        plant(True)
        try:
            fail(turn_id, failure)
        finally:
            plant(False)

    engine.stepper.fail = planted  # type: ignore[method-assign]


def _nothing(*_: object) -> None:
    """Give nothing back."""
