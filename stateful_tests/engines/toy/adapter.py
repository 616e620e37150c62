"""The toy engine as one that is judged: what a driver asks goes in, what the spec compares out.

What of its behaviour is its own choice, and no bug: it gives its reasons in prose, and what it
computes it calls an extend, of one token where it decodes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from spec.state import Edit
from stateful_tests.difference import Difference
from stateful_tests.engines.engine import OK, REFUSED, Ended, Engine, Taken
from stateful_tests.engines.histories import Histories
from stateful_tests.engines.observation import Observation, SeenRow, SeenSession, SeenTurn
from stateful_tests.engines.toy.engine import (
    VOCABULARY,
    RefusedError,
    Row,
    Session,
    ToyEngine,
    Turn,
    attend,
)
from stateful_tests.setting import Setting


class Toy(Engine):
    """One toy engine, made for a setting. Its scheduler cannot be steered."""

    vocab_size = VOCABULARY

    def __init__(self, setting: Setting, engine: type[ToyEngine] = ToyEngine) -> None:
        size = setting.size
        if size.sliding or size.hybrid:
            raise ValueError("the toy has full attention only")
        self.inner = engine(size.page_size, size.pages, size.rows, size.context_len)

    @property
    def idle(self) -> bool:
        """Whether no turn waits or runs."""
        return not (self.inner.waiting or self.inner.running)

    # -- requests

    def open(self, session: int, namespace: int) -> str:
        """Begin a session."""
        return _answer(lambda: self.inner.open(session, namespace))

    def submit(
        self, session: int, turn: int, tokens: Sequence[int], max_new: int, edit: str
    ) -> str:
        """Add a turn; there is no way to even ask for another edit than to append."""
        if edit != Edit.APPEND:
            return REFUSED
        return _answer(lambda: self.inner.submit(session, turn, tokens, max_new))

    def abort(self, turn: int) -> str:
        """Ask for the end of a turn."""
        return _answer(lambda: self.inner.abort(turn))

    def close(self, session: int) -> str:
        """End a session."""
        return _answer(lambda: self.inner.close(session))

    # -- what it does

    def step(self) -> None:
        """Let its scheduler do one step."""
        self.inner.step()

    def taken(self) -> Taken:
        """Drain the journal, which has the spec's words, and the answers."""
        taken = Taken(self.inner.journal, [_ended(*answer) for answer in self.inner.answers])
        self.inner.journal, self.inner.answers = [], []
        return taken

    # -- what is seen of it

    def observe(self) -> Observation:
        """Return the whole state."""
        turns = [turn for x in self.inner.sessions.values() for turn in (x.turn, x.last) if turn]
        return Observation(
            sessions=[_session(session) for session in self.inner.sessions.values()],
            turns=[_turn(turn) for turn in turns],
            rows=[_row(row, session) for row, session, _ in self._records()],
            free_pages=self.inner.free_pages,
            free_rows=self.inner.free_rows,
        )

    def _records(self) -> Iterator[tuple[Row, Session, Turn]]:
        """Generate the KV records in use, with their sessions and the turns whose KV they have."""
        for session in self.inner.sessions.values():
            if session.turn and session.turn.row:
                yield session.turn.row, session, session.turn
            elif session.slot and session.last:
                yield session.slot, session, session.last

    # -- is what it computes what it should be?

    def check_output(self, turn: int, prompt_len: int, tokens: list[int], namespace: int) -> None:
        """Compare an output with what the model says without sessions and pages."""
        kv = dense(tokens, namespace)
        expected = [value % VOCABULARY for value in kv[prompt_len - 1 : -1]]
        if tokens[prompt_len:] != expected:
            words = f"turn {turn} says other tokens than the same model without sessions and pages"
            name = "output_equals_that_of_the_dense_model"
            raise Difference(name, words, f"{expected}", f"{tokens[prompt_len:]}")

    def check_contents(self, histories: Histories) -> int:
        """Compare the KV of each record with that of the tokens that its client knows."""
        num_compared = 0
        for row, session, turn in self._records():
            known = histories.prompts.get(turn.id) or histories.finished[session.id]
            expected = dense([*known, *turn.tokens[len(known) :]], session.namespace)[: row.length]
            if (found := self.inner.read(row, row.length)) != expected:
                wrong = [i for i, kv in enumerate(expected) if kv != found[i]]
                words = f"KV at positions {wrong} of row {row.number} is not that of these tokens"
                raise Difference("committed_kv_is_that_of_the_tokens", words)
            num_compared += 1
        return num_compared


def dense(tokens: Sequence[int], namespace: int) -> list[int]:
    """Return the KV of each token, computed afresh."""
    kv = list[int]()
    for token in tokens:
        kv.append(attend(namespace, kv, token))
    return kv


def _answer(request: Callable[[], None]) -> str:
    try:
        request()
    except RefusedError:
        return REFUSED
    return OK


def _ended(turn: Turn, why: str) -> Ended:
    """Return how a turn ended; one that did not end well has no output."""
    if why:
        return Ended(turn.id, turn.session.id, "aborted", why, ())
    output = tuple(turn.tokens[turn.prompt_len :])
    return Ended(turn.id, turn.session.id, "finished", "", output)


def _session(session: Session) -> SeenSession:
    return SeenSession(
        session.id,
        session.namespace,
        in_flight=session.turn.id if session.turn else None,
        req_nodes=session.last.id if session.last else None,
        slot=session.slot.number if session.slot else None,
        closing=session.closing,
    )


def _turn(turn: Turn) -> SeenTurn:
    row = turn.row.number if turn.row else None
    return SeenTurn(
        turn.id, turn.session.id, turn.prompt_len, turn.tokens, turn.limit, turn.aborting, row
    )


def _row(row: Row, session: Session) -> SeenRow:
    """Between two steps no batch is unread, and a record has room for just what it holds."""
    return SeenRow(
        row.number,
        session.id,
        row.pages,
        protected=0,
        committed=row.length,
        launched=row.length,
        allocated=row.length,
    )
