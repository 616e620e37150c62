"""The project's own engine as one that is judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from impl.engine import Engine
from impl.failure import Failure, ForwardFailed
from impl.moves import Move, Why, each_page
from impl.refused import Refused
from impl.tokens import tokens_of
from spec.machine.trace import Point, Step
from spec.state import Edit
from stateful_tests.difference import Difference
from stateful_tests.engines import engine as judged
from stateful_tests.engines.engine import OK, Ended, Faulted, Taken
from stateful_tests.engines.histories import Histories
from stateful_tests.engines.observation import Observation
from stateful_tests.engines.reference.contents import Contents
from stateful_tests.engines.reference.drafter import DenseDrafter
from stateful_tests.engines.reference.faults import FAILED, Faults
from stateful_tests.engines.reference.in_use import InUse
from stateful_tests.engines.reference.observe import observe
from stateful_tests.setting import Setting

COMPUTED = ("extend", "decode", "verify")
"""Moves that compute tokens."""


class ReferenceEngine(judged.Engine):
    """The engine, its drafter and the dense runs that its contents are compared with.

    Of more than `most_checked` sessions, as many are drawn whose contents are compared each time.
    """

    steers = True

    def __init__(self, setting: Setting, most_checked: int | None = None) -> None:
        self.drafter = DenseDrafter()
        self.inner = Engine(setting.config(), clock=lambda: 0.0, drafter=self.drafter)
        self.drafter.model, self.drafter.other = self.inner.model, self.inner.draft_model
        self.in_use = InUse(self.inner)
        self.faults = Faults(self.inner)
        guesses = setting.size.lookahead and not setting.size.recurrents
        self.points = tuple(p for p in Point if guesses or p not in (Point.VERIFY, Point.DRAFT))
        self.vocab_size = self.inner.config.model.vocab_size
        self.contents = Contents(self.inner, most_checked, setting.seed, bool(setting.sampled))
        self._priorities = 3 if setting.prioritised else 1
        self._asked: dict[int, int] = {}  # turn -> how much output
        self._ended_itself: set[int] = set()  # turns that its own policy ended at the last action

    @property
    def idle(self) -> bool:
        """Whether no turn waits or runs."""
        return self.inner.idle

    def open(self, session: int, namespace: int) -> str:
        """Begin a session."""
        return _answer(lambda: self.inner.open(session, namespace))

    def submit(
        self, session: int, turn: int, tokens: Sequence[int], max_new: int, edit: str
    ) -> str:
        """Add a turn, or ask for what a streaming session does not do."""
        return self._taken_in(
            turn,
            max_new,
            lambda: self.inner.submit(
                session,
                turn,
                tokens,
                max_new,
                replace=edit == Edit.REPLACE,
                drop_previous_output=edit == Edit.DROP_PREVIOUS_OUTPUT,
                offset=int(edit == Edit.OFFSET),
                sampling=self.contents.sampling_of(turn),
                priority=turn % self._priorities,
            ),
        )

    def generate(
        self, session: int, turn: int, tokens: Sequence[int], max_new: int, namespace: int
    ) -> str:
        """Make a plain request."""
        how = self.contents.sampling_of(turn), turn % self._priorities
        return self._taken_in(
            turn,
            max_new,
            lambda: self.inner.generate(session, turn, tokens, max_new, namespace, *how),
        )

    def _taken_in(self, turn: int, max_new: int, request: Callable[[], None]) -> str:
        """Remember how much output a turn asks for, if it is not refused."""
        answer = _answer(request)
        if answer == OK:
            self._asked[turn] = max_new
        return answer

    def abort(self, turn: int) -> str:
        """Ask for the end of a turn."""
        return _answer(lambda: self.inner.abort(turn))

    def close(self, session: int) -> str:
        """End a session."""
        return _answer(lambda: self.inner.close(session))

    def stay_silent(self, session: int) -> str:
        """Let a session's time-out pass."""
        return _answer(lambda: self.inner.stay_silent(session))

    def step(self) -> None:
        """Let the engine's own policy choose. Some of its drafts are right, and some are not."""
        self.drafter.num_right = None
        self.faults.met.clear()
        self.inner.step()
        self._compare_failures()
        self._ended_itself = {end.turn for end in self.inner.ended}

    def apply(self, move: Step) -> bool:
        """Make one move. The drafter is told how many drafts are to be right."""
        self._ended_itself = set()
        name, args = move
        if name in COMPUTED:
            self._forget_the_stop(args[0])
        if name == "evict":
            namespace, page = args
            return self._made(Move(name, (namespace, tokens_of(page))))
        if name != "verify":
            return self._made(Move(name, args))
        turn, drafts, self.drafter.num_right = args
        done = self._made(Move(name, (turn, drafts)))
        right = 0 if self.faults.met else args[2]  # a drafter that fails guesses nothing
        if done and (said := self.inner.moves[-1].args[2]) != right:
            raise Difference(
                "exactly_the_right_drafts_are_accepted",
                f"of {drafts} drafts the first ones are right, and the next one is wrong",
                f"{right}",
                f"{said}",
            )
        return done

    def fault(self, turn: int, point: Point) -> None:
        """Let whatever computes for `turn` fail at this point, until the turn ends."""
        self.faults.inject(turn, point)

    def _made(self, move: Move) -> bool:
        """Make one move, which fails where a fault is met."""
        self.faults.met.clear()
        try:
            done = self.inner.apply(move)
        except ForwardFailed as failed:
            self._compare_failed({int(str(move.args[0])): failed.failure})
            raise Faulted from failed
        self._compare_failures()
        return done

    def _compare_failures(self) -> None:
        """Turns have failed that met a fault, and no others; each says what was raised."""
        self._compare_failed(
            {
                end.turn: Failure(Why(end.reason), end.detail)
                for end in self.inner.ended
                if end.reason in FAILED or end.detail
            }
        )

    def _compare_failed(self, failed: dict[int, Failure]) -> None:
        if failed != self.faults.failures:
            raise Difference(
                "a_turn_fails_where_it_meets_a_fault_and_no_other_does",
                "injected faults and failures differ",
                f"{self.faults.failures}",
                f"{failed}",
            )
        drafts = [point for _, point in self.faults.met if point == Point.DRAFT]
        if len(drafts) != len(self.inner.draft_failures):
            raise Difference(
                "the_drafters_failures_are_told",
                "injected faults of the drafter and its failures differ",
                f"{len(drafts)}",
                f"{self.inner.draft_failures}",
            )
        self.inner.draft_failures.clear()

    def _forget_the_stop(self, turn_id: int) -> None:
        """Who steers a turn on after its stop wants it to go on."""
        turn = self.inner.turns[turn_id]
        if turn.stopped_len is not None:
            turn.stopped_len, turn.sampling = None, replace(turn.sampling, stop=frozenset())
            del self._asked[turn_id]

    def taken(self) -> Taken:
        """Drain the engine's two logs. For the spec a failure is an abort like any other."""
        moves = [step for move in self.inner.moves for step in self._steps(move)]
        ended = [
            Ended(e.turn, e.session, e.outcome, _as_aborted(e.reason), e.output)
            for e in self.inner.ended
        ]
        for end in ended:
            self.faults.ended(end.turn)
        self.inner.moves.clear()
        self.inner.ended.clear()
        return Taken(moves, ended)

    def _steps(self, move: Move) -> list[Step]:
        """Return a move as the spec has it: what evicts several pages does so one by one."""
        if move.name == "evict":
            pages = each_page(move, self.inner.config.page_size)
            return [("evict", (namespace, tuple(page))) for namespace, page in pages]
        if move.name == "fail":
            return [("abort", move.args[:1])]
        return [(move.name, move.args)]

    def observe(self) -> Observation:
        """Return the engine's whole state."""
        return observe(self.inner)

    def check(self) -> None:
        """Let the engine check its structures."""
        self.inner.check()

    def check_output(self, turn: int, prompt_len: int, tokens: list[int], namespace: int) -> None:
        """Compare an output with a dense run."""
        self.contents.check_output(turn, prompt_len, tokens, namespace)
        if turn in self._ended_itself and turn in self._asked:
            self._check_end(turn, tokens[prompt_len:])

    def _check_end(self, turn: int, output: list[int]) -> None:
        """An output ends behind its first stop, or where it has all that was asked for."""
        stop, most = self.contents.sampling_of(turn).stop, self._asked[turn]
        expected = next((i + 1 for i, token in enumerate(output) if token in stop), most)
        if len(output) != expected:
            raise Difference(
                "an_output_ends_at_its_first_stop",
                f"turn {turn} says {output}, stops are {sorted(stop)}",
                f"{expected} tokens",
                f"{len(output)}",
            )

    def check_contents(self, histories: Histories) -> int:
        """Compare KV with dense runs."""
        return self.contents.check(histories)


def _as_aborted(reason: str) -> str:
    """Return the spec's reason for the end of a turn; which one failed how was compared before."""
    return Why.ABORTED.value if reason in FAILED else reason


def _answer(request: Callable[[], None]) -> str:
    try:
        request()
    except Refused as refused:
        return refused.reason.value
    return OK
