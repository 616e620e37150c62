"""A released SGLang, unmodified, in lockstep with the spec.

The release runs in a process of its own (`host`). Its scheduler cannot be steered: a run is what
clients ask, and steps. What of its behaviour is its own choice, and no bug, is told here:

- It answers an abort of what it does not know, and a close, with nothing.
- It gives its reasons in prose, and only later: a refused request runs as a stub of one token.
- It caches what follows first prompts as well, where a turn starts without a slot.
- It has no name for a plain request but its turn's; that it has one of a session's is played here.
- Turn ids, and that input is not empty, are the business of the server in front of the scheduler,
  whose part is played here (`TokenizerManager._validate_one_request`, `ReqState`).
- It grants a turn less output than it asks for, where the context or the pool ends (`granted`).
- It keeps the KV of a turn that it puts back, in a slot even where it was the first (`kept`).
- It completes a pending close, and notices a time-out, when it next looks, at most once a second.
- It measures silence from the last submission, a refused one too: a turn in flight does not stop
  that clock. Here time is let pass for a session without a turn, and counts until one is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from spec.machine.trace import Step
from spec.state import Answer, Edit, Why
from stateful_tests.difference import Difference
from stateful_tests.engines.engine import OK, REFUSED, UNSAID, Ended, Engine, Taken
from stateful_tests.engines.histories import Histories
from stateful_tests.engines.hosting.client import Client
from stateful_tests.engines.hosting.crash import asked
from stateful_tests.engines.hosting.history import VOCABULARY
from stateful_tests.engines.observation import Observation
from stateful_tests.engines.sglang.contents import check_kv, check_output, key
from stateful_tests.engines.sglang.host.world import World
from stateful_tests.engines.sglang.seen import Eye
from stateful_tests.engines.sglang.translate import Translator, ends_read
from stateful_tests.engines.sglang.turns import Turn, Turns

RESERVE = 5
"""Tokens of a context that a prompt must leave free."""

A_WHILE = 1.1
"""Seconds that pass in a step: the release looks for sessions to close at most once a second."""

SILENCE = 1e6
"""Seconds of silence after which a session is closed."""

TOO_LONG = "exceeds"
"""What the release says of a prompt that does not fit, and of nothing else that it refuses."""


class SGLangEngine(Engine):
    """One configured scheduler of a release, and what its journal has told."""

    vocab_size = VOCABULARY
    patience = 3
    shares_more = True

    def __init__(self, client: Client, world: World) -> None:
        """Begin anew. Raises Crashed and Hung."""
        self.client, self.world = client, world
        self._last = client.configure(world)  # what the release told last: its state, too
        self.turns, self.namespaces = Turns(), dict[int, int]()
        self._silent = set[int]()  # sessions whose time-out has passed
        self.translator = Translator(self.turns, world.page_size)
        self._taken, self._num_requests = Taken(), 0
        self._seen = Observation()  # when it was last observed
        first_row = min(self.state["free_rows"])
        self.eye = Eye(self.turns, self.namespaces, world.page_size, first_row)
        self._histories: dict[int, list[int]] = {}  # session -> last finished tokens
        self._over: set[str] = set()  # requests, stubs too, whose end was read
        self.first_prompts: dict[int, int] = {}  # session -> tokens of the first that finished

    @property
    def state(self) -> dict[str, Any]:
        """The release's state, as of now."""
        state: dict[str, Any] = self._last["state"]
        return state

    @property
    def idle(self) -> bool:
        """Whether no turn waits or runs; stubs may."""
        return not self.turns.live

    # -- requests

    def open(self, session: int, namespace: int) -> str:
        """Begin a streaming session."""
        if self.turns.plain(session):
            return Answer.ALREADY_OPEN
        [answer] = self._asked("open", session=str(session), timeout=SILENCE)["answers"]
        if not answer["success"]:
            return Answer.ALREADY_OPEN
        self.namespaces[session] = namespace
        return OK

    def submit(
        self, session: int, turn: int, tokens: Sequence[int], max_new: int, edit: str
    ) -> str | None:
        """Add a turn to a session."""
        if front := self._in_front(turn, tokens):
            return front
        history = self._histories.get(session, [])
        told = self._turn(
            turn, session, self.namespaces.get(session, 0), [*history, *tokens], max_new
        )
        told.text_len = self.first_prompts.get(session, told.prompt_len)
        told.history_len = len(history)
        answer = self._taken_in(
            told,
            "submit",
            session=str(session),
            tokens=list(tokens),
            max_new_tokens=max_new,
            replace=edit == Edit.REPLACE,
            drop_previous_output=edit == Edit.DROP_PREVIOUS_OUTPUT,
            offset=int(edit == Edit.OFFSET),
        )
        if answer == OK:
            self._silent.discard(session)
        return answer

    def generate(
        self, session: int, turn: int, tokens: Sequence[int], max_new: int, namespace: int
    ) -> str | None:
        """Make a plain request."""
        if session in self.namespaces or self.turns.plain(session):
            return Answer.ALREADY_OPEN
        if front := self._in_front(turn, tokens):
            return front
        told = self._turn(turn, session, namespace, list(tokens), max_new)
        told.text_len, told.plain = len(tokens), True
        return self._taken_in(told, "generate", tokens=told.prompt, max_new_tokens=max_new)

    def _turn(
        self, turn: int, session: int, namespace: int, prompt: list[int], max_new: int
    ) -> Turn:
        limit = len(prompt) + self.granted(len(prompt), max_new)
        rid = self._name(turn)
        return Turn(turn, rid, session, namespace, prompt, limit, num_tokens=len(prompt))

    def _taken_in(self, turn: Turn, command: str, **arguments: Any) -> str:
        """Ask for a turn; what is too long is taken, to be turned away when it would run."""
        named = {"rid": turn.rid, "namespace": key(turn.namespace), **arguments}
        events = self._asked(command, **named)["events"]
        refused = [event["words"] for event in events if event["event"] == "refused"]
        if any(TOO_LONG not in words for words in refused):
            return REFUSED
        if refused:
            turn.turned_away = Why.TOO_LONG
        self.turns.live[turn.rid] = turn
        return OK

    def abort(self, turn: int) -> str | None:
        """Ask for the end of a turn."""
        found = self.turns.by_id(turn)
        if found is None:
            return UNSAID
        found.aborting = True
        told = self._asked("abort", rid=found.rid)
        if any(answer["kind"] == "abort" for answer in told["answers"]):
            self._taken.moves += self.translator.ended_waiting(found)
            self._taken.ended.append(_aborted(found, "aborted"))
        return OK

    def close(self, session: int) -> str | None:
        """Close a session."""
        self._asked("close", session=str(session))
        self._dropped()
        return UNSAID

    def stay_silent(self, session: int) -> None:
        """Let a session's time-out pass, if it has no turn in flight."""
        in_flight = {turn.session for turn in self.turns.live.values()}
        if session in self.namespaces and session not in in_flight:
            self._silent.add(session)

    def granted(self, prompt_len: int, max_new: int) -> int:
        """Return what the release cuts `max_new` to; a prompt that is too long fits with none."""
        if prompt_len >= self.world.max_req_input_len:
            return self.world.context_len
        return min(max_new, self.world.most_output(prompt_len))

    # -- what it does

    def step(self) -> None:
        """Run one iteration of the release's own loop."""
        silent = {str(session): 2 * SILENCE for session in self._silent}
        told = self._asked("step", seconds=A_WHILE, silent=silent)
        before, over = dict(self.turns.live), set(ends_read(told["events"]))
        self.stirred, self._over = not over <= self._over, self._over | over
        busy = {turn.session for turn in before.values()}
        dropped = self._dropped()  # where an iteration begins, unless a turn was in the way
        self._taken.moves += [move for move in dropped if move[1][0] not in busy]
        self._taken.moves += self.translator.moves(told["events"])
        for answer in told["answers"]:
            if turn := before.get(answer["rid"]):
                self._taken.ended += self._answered(turn, answer)
        self._detach_what_never_ran()
        self._taken.moves += [move for move in dropped if move[1][0] in busy]

    def taken(self) -> Taken:
        """Return what was done since this was last asked."""
        taken, self._taken = self._taken, Taken()
        return taken

    # -- what is seen of it

    def observe(self) -> Observation:
        """Return the whole state."""
        seen = self.eye.observe(self.state)
        if seen != self._seen:
            self._seen = seen
        return self._seen

    def check(self) -> None:
        """Pass on what the release finds when it looks for leaks. Raises Difference."""
        if complaint := self._last["complaint"]:
            words = " ".join(complaint.split())
            raise Difference("the_engine_keeps_its_own_rules", words)

    def check_output(self, turn: int, prompt_len: int, tokens: list[int], namespace: int) -> None:
        """Compare an output with what a fresh history says."""
        check_output(turn, prompt_len, tokens, key(namespace) or "")

    def check_contents(self, histories: Histories) -> int:
        """Compare all KV, as last observed, with that of a fresh history."""
        return check_kv(self._seen, self.state, self.eye, histories)

    # -- asking

    def _name(self, turn: int) -> str:
        self._num_requests += 1
        return f"{turn}#{self._num_requests:06}"  # an abort ends all that begin like it

    def _in_front(self, turn: int, tokens: Sequence[int]) -> str | None:
        """Return what the server in front of the scheduler refuses."""
        if self.turns.by_id(turn) or any(t.id == turn for t in self._remembered()):
            return Answer.DUPLICATE_TURN
        return None if tokens else REFUSED

    def _remembered(self) -> list[Turn]:
        """Return the last finished turns of sessions."""
        kept = {rid for session in self.state["sessions"] for rid in session["req_nodes"]}
        return [self.eye.finished[rid] for rid in kept & self.eye.finished.keys()]

    def _answered(self, turn: Turn, answer: dict[str, Any]) -> Iterator[Ended]:
        """Generate how a turn ended; an answer without a reason is a piece of its output."""
        turn.said += answer.get("tokens", [])
        if answer["kind"] == "abort":
            yield _aborted(turn, _why(turn))
        elif reason := answer["reason"]:
            yield _aborted(turn, _why(turn)) if reason["type"] == "abort" else self._finished(turn)

    def _finished(self, turn: Turn) -> Ended:
        if not turn.plain:
            self.eye.finished[turn.rid] = turn
            self.first_prompts.setdefault(turn.session, turn.prompt_len)
            self._histories[turn.session] = [*turn.prompt, *turn.said]
        return Ended(turn.id, turn.session, "finished", "", tuple(turn.said))

    def _detach_what_never_ran(self) -> None:
        """Tell of turns that a release detaches some steps before it answers them."""
        free = {int(s["id"]) for s in self.state["sessions"] if s["in_flight"] is False}
        for turn in list(self.turns.live.values()):
            if turn.turned_away and turn.session in free:
                self._taken.ended.append(_aborted(turn, _why(turn)))
                self._taken.moves += self.translator.turned_away(turn)

    def _dropped(self) -> list[Step]:
        """Return why sessions are gone that the release has dropped, and forget them."""
        gone = self.namespaces.keys() - {int(session["id"]) for session in self.state["sessions"]}
        moves = [("time_out" if x in self._silent else "end_close", (x,)) for x in gone]
        for session in gone:
            del self.namespaces[session]
            self._histories.pop(session, None)
            self.first_prompts.pop(session, None)
            self.turns.slots.discard(session)
            self._silent.discard(session)
        return moves

    def _asked(self, command: str, **arguments: Any) -> dict[str, Any]:
        self._last = asked(self.client, command, **arguments)
        return self._last


def _why(turn: Turn) -> str:
    """Return why a turn got no answer."""
    return turn.turned_away if turn.turned_away and not turn.aborting else "aborted"


def _aborted(turn: Turn, reason: str) -> Ended:
    return Ended(turn.id, turn.session, "aborted", reason, ())
