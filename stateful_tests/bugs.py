"""Planted bugs: what really went wrong somewhere, put into the engine one at a time.

A bug replaces single methods of one engine object; no file is edited. Each must be caught by name:
a harness that misses one of them says nothing when it finds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from impl.engine import Engine
from impl.moves import Why
from impl.record import KVRecord
from impl.refused import Reason
from impl.session import Session
from impl.turn import Turn
from stateful_tests.difference import Difference
from stateful_tests.fuzz import Fuzz
from stateful_tests.lockstep import Lockstep
from stateful_tests.setting import Setting

TRACES = Path(__file__).parent / "traces"
"""The shortest trace to each bug, one file each, replayed by the tests."""


@dataclass(frozen=True)
class Bug:
    """One bug: how it is told, which checks may see it first, and how it gets into an engine."""

    id: str
    story: str
    checks: tuple[str, ...]
    plant: Callable[[Engine], None]

    def lockstep(self, setting: Setting) -> Lockstep:
        """Return a lockstep run whose engine has the bug."""
        lockstep = Lockstep(setting)
        self.plant(lockstep.engine)
        return lockstep


@dataclass(frozen=True)
class Hunt:
    """How a bug was looked for, and what was found: a difference by a minimal trace, or None."""

    difference: Difference | None
    setting: Setting | None
    seconds: float
    runs: int
    actions: int


def hunt(bug: Bug, seed: int = 0, seconds: float = 60) -> Hunt:
    """Look for `bug` in drawn runs, knowing nothing of it."""
    fuzz = Fuzz(seed, make=bug.lockstep)
    failure = fuzz.run(seconds)
    return Hunt(
        failure.difference if failure else None,
        failure.setting if failure else None,
        fuzz.seconds,
        fuzz.runs,
        sum(fuzz.actions.values()),
    )


def b4(engine: Engine) -> None:
    """Let a turn that is turned away borrow the slot, and save its one-token stub into it."""
    pre_abort = engine.mechanism.pre_abort

    def planted(turn_id: int, why: str) -> None:
        session = engine.turns[turn_id].session
        if session and session.slot:
            session.slot.committed = session.slot.allocated = 1
        pre_abort(turn_id, why)

    engine.mechanism.pre_abort = planted  # type: ignore[method-assign]


def b5(engine: Engine) -> None:
    """Pop the history when a turn is created."""
    submit = engine.controller.submit

    def planted(
        session_id: int,
        turn_id: int,
        tokens: Sequence[int],
        max_new_tokens: int,
        edit: Reason | None = None,
    ) -> Turn:
        turn = submit(session_id, turn_id, tokens, max_new_tokens, edit)
        session = engine.sessions[session_id]
        if session.req_nodes:
            engine.controller.forget(session.req_nodes)
            session.req_nodes = None
        return turn

    engine.controller.submit = planted  # type: ignore[method-assign]


def b6(engine: Engine) -> None:
    """Let a second turn in while one runs."""

    def planted(session: Session) -> bool:  # noqa: ARG001 - the method it stands for
        return False

    engine.controller.is_busy = planted  # type: ignore[method-assign]


def b7(engine: Engine) -> None:
    """Leave what an aborted later turn has written in the slot."""

    def planted(turn_id: int) -> None:
        turn = engine.turns[turn_id]
        assert turn.session
        _end_without_release(engine, turn.session, turn)

    engine.mechanism.abort_nth = planted  # type: ignore[method-assign]


def b8(engine: Engine) -> None:
    """Make a slot of what an aborted first turn has written."""

    def planted(turn_id: int) -> None:
        turn = engine.turns[turn_id]
        assert turn.session
        turn.session.slot = turn.record
        _end_without_release(engine, turn.session, turn)

    engine.mechanism.abort_first = planted  # type: ignore[method-assign]


def _end_without_release(engine: Engine, session: Session, turn: Turn) -> None:
    engine.mechanism.running.remove(turn)
    turn.record = None
    engine.mechanism._end_aborted(session, turn, Why.ABORTED)


def b9(engine: Engine) -> None:
    """Free row and KV at close, even under a running turn."""
    close = engine.controller.close

    def planted(session_id: int) -> None:
        close(session_id)
        session = engine.sessions.get(session_id)  # still there: a turn is in flight
        if session and session.slot:
            engine.cache.release(session.slot)
            session.slot = None

    engine.controller.close = planted  # type: ignore[method-assign]


def b10(engine: Engine) -> None:
    """Forget the tail of a retracted turn: its row entries are overwritten, its pages lost."""
    retract, free_tail = engine.mechanism.retract, engine.cache.free_tail

    def planted(turn_id: int) -> None:
        session = engine.turns[turn_id].session
        if session and session.slot:
            engine.cache.free_tail = _forget_tail  # type: ignore[method-assign]
        try:
            retract(turn_id)
        finally:
            engine.cache.free_tail = free_tail  # type: ignore[method-assign]

    engine.mechanism.retract = planted  # type: ignore[method-assign]


def _forget_tail(record: KVRecord, length: int) -> None:
    record.allocated = min(record.allocated, length)
    record.committed = min(record.committed, length)


def b11(engine: Engine) -> None:
    """Take the token that is kept back for logits off the prefix a second time, and lose it."""
    lend = engine.cache.lend

    def planted(session: Session, turn: Turn) -> None:
        lend(session, turn)
        assert turn.record
        _forget_tail(turn.record, min(turn.record.committed, len(turn.tokens) - 2))

    engine.cache.lend = planted  # type: ignore[method-assign]


def b13(engine: Engine) -> None:
    """Free a tail from the page it begins in, though that page holds committed tokens as well."""
    size = engine.config.page_size
    engine.cache.tail_start = lambda length: length // size * size  # type: ignore[method-assign]


def b20(engine: Engine) -> None:
    """Keep every past turn attached to its session."""

    def planted(session: Session, turn: Turn) -> None:
        session.req_nodes, session.in_flight = turn, None

    engine.controller.finish = planted  # type: ignore[method-assign]


BUGS = {
    bug.id: bug
    for bug in (
        Bug("B4", "a turn that never ran leaves its stub in the slot",
            ("a_slot_keeps_the_last_turns_kv", "no_page_is_lost"), b4),
        Bug("B5", "creating a turn pops the history", ("a_slot_has_a_finished_turn",), b5),
        Bug("B6", "nothing stops a second turn while one runs", ("answers_are_equal",), b6),
        Bug("B7", "abort of turn n saves inflated lengths",
            ("an_idle_slot_holds_at_most_the_last_turn",), b7),
        Bug("B8", "abort of the first turn leaves a slot", ("a_slot_has_a_finished_turn",), b8),
        Bug("B9", "close frees the KV under a running turn", ("no_row_is_free_and_held",), b9),
        Bug("B10", "a retract loses the tail's locations", ("no_page_is_lost",), b10),
        Bug("B11", "the logit reserve is subtracted twice",
            ("no_page_is_lost", "states_are_equal"), b11),
        Bug("B13", "the tail is freed from inside a page",
            # in one step of the engine the freed page may be handed out again
            ("no_page_is_free_and_held", "no_page_has_two_holders"), b13),
        Bug("B20", "past turns stay attached", ("an_attached_turn_is_in_flight_or_the_last",), b20),
    )
}  # fmt: skip
