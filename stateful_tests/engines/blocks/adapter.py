"""An engine with hashed blocks, unmodified, in lockstep with the spec.

It has no sessions: what applies are plain requests, pages and prefixes. Its scheduler cannot be
steered. What of its behaviour is its own choice, and no bug, is told here:

- It caches every whole page, output too, and before a prompt is complete (`shares_more`).
- It may compute a page that is cached already, and keep both (`tree`).
- It has no rows: they are numbered here.
- What its front refuses is refused here: an empty prompt, one that leaves no room for output, and
  to put out nothing (of which no drawn world asks).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from spec.state import Answer, Why
from stateful_tests.engines.blocks.host.memory import VOCABULARY
from stateful_tests.engines.blocks.laws import check_counts, check_kv, check_output
from stateful_tests.engines.blocks.seen import observe
from stateful_tests.engines.blocks.translate import Translator
from stateful_tests.engines.blocks.turns import Turn, Turns
from stateful_tests.engines.blocks.world import World
from stateful_tests.engines.engine import OK, REFUSED, Ended, Engine, NotOffered, Taken
from stateful_tests.engines.histories import Histories
from stateful_tests.engines.hosting.client import Client
from stateful_tests.engines.hosting.crash import asked
from stateful_tests.engines.observation import Observation


class BlockEngine(Engine):
    """One configured engine, and what its steps have told. With `is_cut` output ends at a context's
    end, and prompts that fill one are turned away."""

    vocab_size = VOCABULARY
    shares_more = True

    def __init__(self, client: Client, world: World, *, is_cut: bool) -> None:
        """Begin anew. Raises Crashed and Hung."""
        self.client, self.world, self.is_cut = client, world, is_cut
        self.turns = Turns(world.rows)
        self.translator = Translator(self.turns, world.page_size)
        self._taken, self._num_requests = Taken(), 0
        self._state: dict[str, Any] = client.configure(world)["state"]

    @property
    def idle(self) -> bool:
        """Whether no request waits or runs."""
        return not self.turns.live

    # -- requests

    def open(self, session: int, namespace: int) -> str:
        """Fail: there are no sessions."""
        raise NotOffered(f"session {session} of namespace {namespace}")

    def submit(
        self, session: int, turn: int, tokens: Sequence[int], max_new: int, edit: str
    ) -> str:
        """Fail: there are no sessions."""
        raise NotOffered(f"turn {turn} of session {session}: {edit} {tokens}, {max_new} more")

    def close(self, session: int) -> str:
        """Fail: there are no sessions."""
        raise NotOffered(f"the end of session {session}")

    def generate(
        self, session: int, turn: int, tokens: Sequence[int], max_new: int, namespace: int
    ) -> str:
        """Make a request."""
        if self.turns.by_id(turn):
            return Answer.DUPLICATE_TURN
        if not tokens or max_new < 1:
            return REFUSED
        limit = len(tokens) + self.granted(len(tokens), max_new)
        if self.is_cut and limit > self.world.context_len:
            self._taken.moves += [("pre_abort", (turn, Why.TOO_LONG)), ("end_close", (session,))]
            self._taken.ended.append(Ended(turn, session, "aborted", Why.TOO_LONG, ()))
            return OK
        self._num_requests += 1
        rid = f"{turn}#{self._num_requests}"
        self._act(
            "generate", rid=rid, tokens=list(tokens), max_new=limit - len(tokens),
            namespace=namespace,
        )  # fmt: skip
        self.turns.live[rid] = Turn(turn, session, namespace, rid, list(tokens), limit, len(tokens))
        return OK

    def abort(self, turn: int) -> str:
        """End a request, at once."""
        found = self.turns.by_id(turn)
        if found is None:
            return Answer.UNKNOWN_TURN
        if not self._act("abort", rid=found.rid)["aborted"]:
            return Answer.UNKNOWN_TURN
        del self.turns.live[found.rid]
        move = "abort_waiting" if found.row is None else "abort_first"
        self._taken.moves += [(move, (turn,)), ("end_close", (found.session,))]
        self._taken.ended.append(Ended(turn, found.session, "aborted", "aborted", ()))
        return OK

    def granted(self, prompt_len: int, max_new: int) -> int:
        """Return what is left of a context; a prompt that leaves nothing fits with none."""
        if not self.is_cut:
            return max_new
        if prompt_len >= self.world.context_len:
            return self.world.context_len
        return min(max_new, self.world.context_len - prompt_len)

    # -- what it does

    def step(self) -> None:
        """Let its scheduler make a batch, and take the result."""
        told = self._act("step")
        turns = dict(self.turns.live)
        self._taken.moves += self.translator.moves(told)
        for ended in told["ended"]:
            turn = turns[ended["rid"]]
            output = tuple(ended["output"])
            self._taken.ended.append(Ended(turn.id, turn.session, "finished", "", output))

    def taken(self) -> Taken:
        """Return what was done since this was last asked."""
        taken, self._taken = self._taken, Taken()
        return taken

    # -- what is seen of it

    def observe(self) -> Observation:
        """Return the whole state."""
        return observe(self._state, self.turns, self.world.page_size)

    def check(self) -> None:
        """Check what it counts. Raises Difference."""
        check_counts(self._state)

    def check_output(self, turn: int, prompt_len: int, tokens: list[int], namespace: int) -> None:
        """Compare an output with what a fresh history says."""
        check_output(turn, prompt_len, tokens, namespace)

    def check_contents(self, histories: Histories) -> int:
        """Compare all KV with that of a fresh history."""
        return check_kv(self._state, self.turns, histories, self.world.page_size)

    # -- asking

    def _act(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Ask for what leads to another state."""
        told = asked(self.client, command, **arguments)
        self._state = told["state"]
        return told
