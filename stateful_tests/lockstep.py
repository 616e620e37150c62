"""One action at a time on both sides: the engine acts, the spec judges, all is compared."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from impl.engine import Engine
from impl.mechanism import COMPUTED
from impl.moves import Ended, Move
from impl.refused import Refused
from spec.language import NIL, Broken, Forbidden, NoRoom
from spec.machine.canonical import renamed
from spec.machine.check import Checker
from spec.machine.concrete import ConcreteState
from spec.machine.rules import Rules, rules
from spec.machine.trace import STEP, Step
from spec.state import Answer, Edit
from stateful_tests.contents import ALL, Contents, Sample
from stateful_tests.difference import Difference
from stateful_tests.observe import observe
from stateful_tests.setting import Setting

ABORTS = {"abort_waiting", "abort_first", "abort_nth"}

MOST_TUPLES = 1_000_000
"""Rows, indices and pages for which an invariant is still tried: about a second."""


class Lockstep:
    """Spec and engine side by side. Raises Difference when they part; its steps lead there.

    Answers, moves and ends are compared at every action. States, structures and KV contents are
    compared after each `every`-th action, and KV contents of the `sample` only: large worlds look
    less often.
    """

    def __init__(self, setting: Setting, every: int = 1, sample: Sample = ALL) -> None:
        self.setting = setting
        self.every = every
        self.rules: Rules = rules()
        self.state = ConcreteState(self.rules, setting.size)
        self.engine = Engine(setting.config())
        self.contents = Contents(self.engine, sample)
        self.steps: list[Step] = []
        self.last_moves: list[Step] = []  # made by the engine at the last action
        self.last_ended: list[Ended] = []  # turns that ended at the last action
        self.taken: Counter[str] = Counter()  # moves that the engine made
        self.num_computed = 0  # tokens whose KV was computed, again after a retract
        self.num_compared = 0  # comparisons of the whole state
        self._num_submits = 0

    def do(self, step: Step) -> bool:
        """Perform one action on both sides. Return False if the spec forbids it now."""
        with self._judging(step):
            self.last_moves, self.last_ended = [], []
            if not self._act(step):
                return False
            if (len(self.steps) + 1) % self.every == 0:
                self._compare()
        self.steps.append(step)
        self._num_submits += step[0] == "submit"
        return True

    def compare(self) -> None:
        """Compare all that is compared after each `every`-th action, now."""
        with self._judging():
            self._compare()

    @contextmanager
    def _judging(self, *step: Step) -> Iterator[None]:
        """Let what goes wrong be a Difference that knows the steps which lead there."""
        try:
            yield
        except Difference as difference:
            difference.steps = [*self.steps, *step]
            raise
        except Exception as crash:
            if isinstance(crash, Forbidden | NoRoom | Broken):
                raise
            raise Difference(
                "the_engine_keeps_its_own_rules",
                f"{type(crash).__name__}: {crash}",
                steps=[*self.steps, *step],
            ) from crash

    # -- three kinds of actions

    def _act(self, step: Step) -> bool:
        name = step[0]
        if name == STEP:
            self._step()
        elif name in self.rules.requests:
            self._request(step)
        else:
            return self._move(step)
        return True

    def _request(self, step: Step) -> None:
        """A client asks both sides, and both answer."""
        name, args = step
        answer = self.rules.requests[name].run(self.state, *args)
        said = self._ask(name, args)
        if answer != said:
            raise Difference("answers_are_equal", f"{name} is answered differently", answer, said)
        if answer == Answer.OK:
            if name == "submit":
                self.contents.submitted(args[0], args[1], self._tokens(step))
            elif name == "close" and not self.state.opened[args[0]]:
                self.contents.closed(args[0])
        self._follow()

    def _ask(self, name: str, args: tuple[Any, ...]) -> str:
        try:
            if name == "submit":
                session, turn, _, max_new, edit = args
                self.engine.submit(
                    session,
                    turn,
                    self._tokens((name, args)),
                    max_new,
                    replace=edit == Edit.REPLACE,
                    drop_previous_output=edit == Edit.DROP_PREVIOUS_OUTPUT,
                    offset=int(edit == Edit.OFFSET),
                )
            else:
                getattr(self.engine, name)(*args)
        except Refused as refused:
            return refused.reason.value
        return Answer.OK

    def _tokens(self, step: Step) -> list[int]:
        """Return the tokens that a client sends: others for each submit of the trace."""
        vocabulary = self.engine.config.model.vocab_size
        digest = hashlib.shake_128(f"{self.setting.seed} {self._num_submits}".encode())
        return [byte % vocabulary for byte in digest.digest(step[1][2])]

    def _move(self, step: Step) -> bool:
        """Steer the engine's mechanism, if the spec allows the move."""
        name, args = step
        try:
            self.rules.moves[name].run(self.state.fork(), *args)
            has_room = True
        except Forbidden:
            return False
        except NoRoom:
            has_room = False
        done = self.engine.apply(Move(name, args))
        if done != has_room:
            raise Difference(
                "both_sides_have_room_or_neither",
                f"{name} finds room on one side only",
                "room" if has_room else "no room",
                "room" if done else "no room",
            )
        self._follow()
        return True

    def _step(self) -> None:
        """Let the engine's own scheduler choose."""
        busy = not self.engine.idle
        self.engine.step()
        if busy and not self.engine.moves:
            raise Difference("a_step_makes_progress", "turns wait or run, and nothing happened")
        self._follow()
        for x in self.state.closing.cells:
            if self.state.in_flight[x] is NIL:
                raise Difference(
                    "a_close_completes_when_the_turn_ends", f"session {x} is still there"
                )

    # -- the spec follows the moves that the engine reports

    def _follow(self) -> None:
        self.last_moves = [(move.name, move.args) for move in self.engine.moves]
        ends = [self._accept(move) for move in self.engine.moves]
        expected = [end for end in ends if end]
        told = [(e.turn, e.outcome, e.reason, len(e.output)) for e in self.engine.ended]
        if expected != told:
            raise Difference(
                "clients_are_told_how_their_turns_end", "ends differ", f"{expected}", f"{told}"
            )
        self.last_ended = list(self.engine.ended)
        for end in self.last_ended:
            self.contents.ended(end)
        for move in self.engine.moves:
            if move.name == "end_close":
                self.contents.closed(int(move.args[0]))
        self.engine.moves.clear()
        self.engine.ended.clear()

    def _accept(self, move: Move) -> tuple[int, str, str, int] | None:
        """Apply a reported move to the spec; return how it ends a turn, if it does."""
        turn, before = int(move.args[0]), self._committed(move)
        try:
            answer = self.rules.moves[move.name].run(self.state, *move.args)
        except Forbidden:
            raise Difference(
                "the_spec_allows_every_move",
                f"the engine made the move {move}",
                "forbidden",
                "done",
            ) from None
        except NoRoom:
            raise Difference(
                "the_spec_allows_every_move", f"the engine made the move {move}", "no room", "done"
            ) from None
        self.taken[move.name] += 1
        self.num_computed += self._committed(move) - before
        if move.name == "finish":
            return turn, "finished", "", answer
        if move.name == "pre_abort":
            return turn, "aborted", str(move.args[1]), 0
        if move.name in ABORTS:
            return turn, "aborted", "aborted", 0
        return None

    def _committed(self, move: Move) -> int:
        """Return how many tokens of the turn that `move` computes have KV; 0 for other moves."""
        computes = move.name in COMPUTED
        return self.state.committed[self.state.row[int(move.args[0])]] if computes else 0

    # -- comparisons

    def _compare(self) -> None:
        """Compare states up to the names of rows and pages, then structures, then KV contents.

        A state that equals the spec's satisfies every invariant: that is proved. One that does not
        is given the name of the first invariant that it breaks.
        """
        self.num_compared += 1
        observed = observe(self.engine, self.rules, self.setting.size)
        if different := state_difference(self.state, observed):
            if not (broken := self._violated(observed)):
                raise Difference("states_are_equal", "the states differ", state=different)
            words = self.rules.invariants[broken[0]].words.splitlines()[0]
            raise Difference(broken[0], words, state=different)
        self.engine.check()
        self.contents.check()

    def _violated(self, observed: ConcreteState) -> list[str]:
        """Return the invariants that do not hold, unless the world is too large to try them all."""
        size = self.setting.size
        if size.rows * size.indices * size.pages > MOST_TUPLES:
            return []
        return Checker(self.rules, size).violated(observed)


def state_difference(spec: ConcreteState, engine: ConcreteState) -> list[str]:
    """Return the cells that differ, a line each; rows and pages are named by first mention."""
    lines = []
    left, right = renamed(spec), renamed(engine)
    for name in spec.rules.fields:
        if left[name] == right[name]:
            continue
        mine, theirs = dict(left[name]), dict(right[name])
        empty = getattr(spec, name).default
        for key in sorted(mine.keys() | theirs.keys(), key=str):
            a, b = mine.get(key, empty), theirs.get(key, empty)
            if a != b:
                lines.append(f"{name}[{key}]: spec {a}, engine {b}")
    return lines
