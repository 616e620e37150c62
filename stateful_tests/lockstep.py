"""One action at a time on both sides: the engine acts, the spec judges, all is compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

from spec.language import NIL, Action, Broken, Forbidden, NoRoom
from spec.machine.abstract import NO_ROOM
from spec.machine.check import Checker
from spec.machine.concrete import ConcreteState
from spec.machine.rules import Rules, rules
from spec.machine.size import Size
from spec.machine.trace import FAULT, STEP, Point, Step, show
from spec.state import Answer, State, history_len, live
from stateful_tests.compare import compare_sizes, state_difference
from stateful_tests.difference import Difference
from stateful_tests.engines.abstraction import abstract
from stateful_tests.engines.engine import (
    REFUSED,
    UNSAID,
    Ended,
    Engine,
    Faulted,
    MakeEngine,
    NotOffered,
)
from stateful_tests.engines.histories import Histories
from stateful_tests.engines.observation import Observation
from stateful_tests.engines.reference.engine import ReferenceEngine
from stateful_tests.prompts import Prompts
from stateful_tests.setting import Setting

ABORTS = {"abort_waiting", "abort_first", "abort_nth"}
READS = {"collect", "verify"}
"""Moves that commit KV."""
SUBMITS = {"submit", "generate"}

Avoid = Callable[[ConcreteState, Step], bool]
"""Whether an action is to be left alone in a state of the spec."""

Watch = Callable[[ConcreteState, Step, Any], None]
"""Is told of each action that the spec takes: the state before, the action, and the answer."""

MOST_TUPLES = 1_000_000
"""Rows, indices and pages for which an invariant is still tried: about a second."""


SPARE = 2
"""How many times as many pages the spec has as an engine that shares more than is told."""


@dataclass(frozen=True)
class Pace:
    """How often the dearest comparisons are made."""

    states: int = 1  # after each so many-th action: states, structures and KV contents
    outputs: int = 1  # the output of each so many-th finished turn


ALWAYS = Pace()


def prompt_len(s: ConcreteState, step: Step) -> int:
    """Return the tokens of a prompt that is asked for: those of the last finished turn, and new."""
    x, _, new, *_ = step[1]
    return int(history_len(cast(State, s), x)) + int(new)


class Lockstep:
    """Spec and engine side by side. Raises Difference when they part; its steps lead there.

    Answers, moves and ends are compared at every action, the rest at its `pace`.
    """

    def __init__(
        self, setting: Setting, make: MakeEngine = ReferenceEngine, pace: Pace = ALWAYS
    ) -> None:
        self.setting, self.pace = setting, pace
        self.rules: Rules = rules()
        self.engine: Engine = make(setting)
        self.state = ConcreteState(self.rules, self.size)
        self.prompts = Prompts(setting.size, setting.seed, self.engine.vocab_size)
        self.histories = Histories()
        self.steps: list[Step] = []
        self.last_moves: list[Step] = []  # made by the engine at the last action
        self.last_ended: list[Ended] = []  # turns that ended at the last action
        self.last_faulted = False  # the last action is a move that met an injected fault
        self.taken: Counter[str] = Counter()  # moves that the engine made
        self.num_computed = 0  # tokens whose KV was computed, again after a retract
        self.num_compared = 0  # comparisons of the whole state
        self.num_finished = 0  # turns that finished,
        self.num_outputs = 0  # ... and of those, outputs that were compared
        self.num_sessions = 0  # comparisons of all KV of one session
        self.watch: Watch | None = None
        self.avoided: Avoid | None = None  # what is left out, as what the spec forbids is
        self._compared: tuple[ConcreteState, Observation | None] = self.state, None  # found equal
        self._num_submits = 0
        self._num_idle_steps = 0  # in a row, of a busy engine that did nothing
        self._overdue: dict[int, int] = {}  # session -> steps since its turn ended, and it closes

    @property
    def size(self) -> Size:
        """The spec's world, with pages to spare where it counts shared ones more than once."""
        size = self.setting.size
        return replace(size, pages=SPARE * size.pages) if self.engine.shares_more else size

    def do(self, step: Step) -> bool:
        """Perform one action on both sides. Return False if it is left out: the spec forbids it."""
        if self.avoided and self.avoided(self.state, step):
            return False
        with self._judging(step):
            self.last_moves, self.last_ended, self.last_faulted = [], [], False
            if not self._act(step):
                return False
            if (len(self.steps) + 1) % self.pace.states == 0:
                self._compare()
        self.steps.append(step)
        self._num_submits += step[0] in SUBMITS
        return True

    def compare(self) -> None:
        """Compare all that is compared at the pace of states, now."""
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
            if isinstance(crash, Forbidden | NoRoom | Broken | NotOffered):
                raise
            raise Difference(
                "the_engine_keeps_its_own_rules",
                f"{type(crash).__name__}: {crash}",
                steps=[*self.steps, *step],
            ) from crash

    # -- four kinds of actions

    def _act(self, step: Step) -> bool:
        name = step[0]
        if name == STEP:
            self._step()
        elif name == FAULT:
            return self._fault(*step[1])
        elif name in self.rules.requests:
            self._request(step)
        else:
            return self._move(step)
        return True

    def _request(self, step: Step) -> None:
        """A client asks both sides, and both answer."""
        name, args = step
        tokens = self._tokens(name, args) if name in SUBMITS else []
        answer = self._take(self.rules.requests[name], self._granted(name, args))
        said = self._ask(name, args, tokens)
        is_same = answer != Answer.OK if said == REFUSED else said in (answer, UNSAID)
        if not is_same:
            raise Difference(
                "answers_are_equal", f"{name} is answered differently", answer, f"{said}"
            )
        if answer == Answer.OK:
            if name in SUBMITS:
                namespace = self.state.namespace[args[0]]
                self.histories.submitted(args[0], args[1], tokens, namespace)
            elif name == "close" and not self.state.opened[args[0]]:
                self.histories.closed(args[0])
        self._follow()

    def _fault(self, turn: int, point: Point) -> bool:
        """Break what a turn in flight is computed with; the spec knows nothing of it."""
        if not live(cast(State, self.state), turn):
            return False
        self.engine.fault(turn, point)
        return True

    def _granted(self, name: str, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the arguments with as much output as the engine says it allows."""
        if name not in SUBMITS:
            return args
        session, turn, new, max_new, *rest = args
        prompt_len = len(self.histories.finished.get(session, [])) + new
        return session, turn, new, self.engine.granted(prompt_len, max_new), *rest

    def _ask(self, name: str, args: tuple[Any, ...], tokens: list[int]) -> str | None:
        if name in SUBMITS:
            session, turn, _, max_new, how, _ = args  # how: the edit, or the namespace
            args = session, turn, tokens, max_new, how
        said: str | None = getattr(self.engine, name)(*args)
        return said

    def _tokens(self, name: str, args: tuple[Any, ...]) -> list[int]:
        """Return the tokens that a client sends: a text's first, or, later, others each time."""
        session, new, text = args[0], args[2], args[-1]
        if name == "submit" and self.state.req_nodes[session] is not NIL:
            return self.prompts.later(self._num_submits, new)
        return self.prompts.first(text, new)

    def _move(self, step: Step) -> bool:
        """Steer the engine's mechanism, if the spec allows the move.

        One that meets an injected fault must leave everything as it was.
        """
        name, args = step
        try:
            self.rules.moves[name].run(self.state.fork(), *args)
            has_room = True
        except Forbidden:
            return False
        except NoRoom:
            has_room = False
            if self.watch:
                self.watch(self.state, step, NO_ROOM)
        try:
            done = self.engine.apply(self._in_engines_words(step))
        except Faulted:
            done, self.last_faulted = has_room, True
        if done != has_room:
            raise Difference(
                "both_sides_have_room_or_neither",
                f"{name} finds room on one side only",
                "room" if has_room else "no room",
                "room" if done else "no room",
            )
        self._follow()
        return True

    def _in_engines_words(self, move: Step) -> Step:
        """Return a move as an engine takes it: `evict` names a page by what it says."""
        name, args = move
        if name != "evict":
            return move
        namespace, tokens = self.prompts.tokens(args[0])
        return name, (namespace, tuple(tokens))

    def _in_specs_words(self, move: Step) -> Step | None:
        """Return a move that the engine reports with the spec's arguments.

        None: what it evicts is more than the spec speaks of.
        """
        name, args = move
        if name != "evict":
            return move
        prefix = self.prompts.prefix(*args)
        if prefix is None and self.engine.shares_more:
            return None
        if prefix is None:
            words = f"the engine evicts what no text says: {args}"
            raise Difference("the_tree_holds_first_prompts_only", words)
        return name, (prefix,)

    def _step(self) -> None:
        """Let the engine's own scheduler choose."""
        busy = not self.engine.idle
        self.engine.step()
        self._follow()
        stirs = self.last_moves or self.engine.stirred or not busy
        self._num_idle_steps = 0 if stirs else self._num_idle_steps + 1
        if self._num_idle_steps > self.engine.patience:
            raise Difference("a_step_makes_progress", "turns wait or run, and nothing happened")
        overdue = [x for x in self.state.closing.cells if self.state.in_flight[x] is NIL]
        self._overdue = {x: self._overdue.get(x, 0) + 1 for x in overdue}
        for x, steps in self._overdue.items():
            if steps > self.engine.patience:
                raise Difference(
                    "a_close_completes_when_the_turn_ends", f"session {x} is still there"
                )
        for x in self.state.stale.cells:
            raise Difference("a_stale_session_is_closed", f"session {x} is still there")

    def _take(self, action: Action, args: tuple[Any, ...]) -> Any:
        """Let the spec take an action; return its answer."""
        before = self.state.fork() if self.watch else self.state
        answer = action.run(self.state, *args)
        if self.watch:
            self.watch(before, (action.name, args), answer)
        return answer

    # -- the spec follows the moves that the engine reports

    def _follow(self) -> None:
        taken = self.engine.taken()
        self.last_moves = [said for move in taken.moves if (said := self._in_specs_words(move))]
        ends = [self._accept(step) for step in self.last_moves]
        expected = [end for end in ends if end]
        told = [(e.turn, e.outcome, e.reason, len(e.output)) for e in taken.ended]
        if expected != told:
            raise Difference(
                "clients_are_told_how_their_turns_end", "ends differ", f"{expected}", f"{told}"
            )
        self.last_ended = taken.ended
        for end in taken.ended:
            self._ended(end)
        for name, args in self.last_moves:
            if name in ("end_close", "time_out"):
                self.histories.closed(args[0])

    def _ended(self, end: Ended) -> None:
        """Remember how a turn ended, and compare the output of a finished one."""
        if end.outcome != "finished":
            self.histories.ended(end.turn, None)
            return
        prompt, namespace = self.histories.ended(end.turn, end.output)
        if self.num_finished % self.pace.outputs == 0:
            tokens = [*prompt, *end.output]
            self.engine.check_output(end.turn, len(prompt), tokens, namespace)
            self.num_outputs += 1
        self.num_finished += 1

    def _accept(self, move: Step) -> tuple[int, str, str, int] | None:
        """Apply a reported move to the spec; return how it ends a turn, if it does.

        An engine may report one request: that it asks itself for an abort.
        """
        name, args = move
        before = self._committed(move)
        action = self.rules.requests[name] if name == "abort" else self.rules.moves[name]
        try:
            answer = self._take(action, args)
        except (Forbidden, NoRoom) as refused:
            said = "no room" if isinstance(refused, NoRoom) else "forbidden"
            raise Difference(
                "the_spec_allows_every_move", f"the engine made the move {show(move)}", said, "done"
            ) from None
        if name == "abort" and answer != Answer.OK:
            words = f"the engine asked itself for {show(move)}"
            raise Difference("answers_are_equal", words, answer, Answer.OK)
        if name in self.rules.moves:
            self.taken[name] += 1
        self.num_computed += self._committed(move) - before
        if name == "finish":
            return args[0], "finished", "", answer
        if name == "pre_abort":
            return args[0], "aborted", str(args[1]), 0
        if name in ABORTS:
            return args[0], "aborted", "aborted", 0
        return None

    def _committed(self, move: Step) -> int:
        """Return how many tokens of the turn that `move` reads have KV; 0 for other moves."""
        name, args = move
        return self.state.committed[self.state.row[args[0]]] if name in READS else 0

    # -- comparisons

    def _compare(self) -> None:
        """Compare states up to the names of rows and pages, then structures, then KV contents.

        A state that equals the spec's satisfies every invariant: that is proved. One that does not
        is given the name of the first invariant that it breaks.
        """
        self.num_compared += 1
        seen = self.engine.observe()
        state, before = self._compared
        if seen is not before or not self.state.same_as(state):
            self._compare_states(seen)
            self._compared = self.state.fork(), seen
        self.engine.check()
        self.num_sessions += self.engine.check_contents(self.histories)

    def _compare_states(self, seen: Observation) -> None:
        pages, shares_more = self.setting.size.pages, self.engine.shares_more
        observed = abstract(seen, self.state, self.prompts, pages, shares_more=shares_more)
        if different := state_difference(self.state, observed):
            if not (broken := self._violated(observed)):
                raise Difference("states_are_equal", "the states differ", state=different)
            words = self.rules.invariants[broken[0]].words.splitlines()[0]
            raise Difference(broken[0], words, state=different)
        if seen.sizes:
            compare_sizes(self.state, seen.sizes)

    def _violated(self, observed: ConcreteState) -> list[str]:
        """Return the invariants that do not hold, unless the world is too large to try them all."""
        size = self.size
        if size.rows * size.indices * size.pages > MOST_TUPLES:
            return []
        return Checker(self.rules, size).violated(observed)
