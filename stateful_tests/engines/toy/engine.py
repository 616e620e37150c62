"""A toy engine: streaming sessions over paged memory, and nothing else.

It knows nothing of the spec and of whoever judges it, as any engine would. It prefills a prompt at
once, decodes one token of each running turn in a step, and under pressure reclaims what idle
sessions keep, then puts back the youngest turn. It has no prefix tree: nothing is shared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from zlib import crc32

VOCABULARY = 997


class RefusedError(Exception):
    """A request that nothing was done for: the reason, in prose."""


@dataclass
class Row:
    """A KV record: its pages in order, and how many tokens have KV in them."""

    number: int
    pages: list[int] = field(default_factory=list)
    length: int = 0


@dataclass(eq=False)
class Turn:
    """A request of a session: its tokens so far, and to how many it may come."""

    id: int
    session: Session
    tokens: list[int]
    prompt_len: int
    limit: int
    row: Row | None = None  # while it runs
    aborting: bool = False


@dataclass(eq=False)
class Session:
    """A conversation. Its slot keeps KV between turns; the turn in flight borrows that record."""

    id: int
    namespace: int
    turn: Turn | None = None  # in flight
    last: Turn | None = None  # the last that finished
    slot: Row | None = None
    closing: bool = False


def attend(namespace: int, past: Sequence[int], token: int) -> int:
    """Return the KV of a token: a number that names the token and all KV that it looks back at."""
    return crc32(repr((namespace, [*past], token)).encode())


class ToyEngine:
    """Sessions, their memory and a scheduler. What it does is told in `journal` and `answers`."""

    def __init__(self, page_size: int, num_pages: int, num_rows: int, context_len: int) -> None:
        self.page_size, self.num_pages, self.context_len = page_size, num_pages, context_len
        self.pool = [0] * (num_pages * page_size)  # the KV, by location
        self.free_pages, self.free_rows = list(range(num_pages)), list(range(num_rows))
        self.sessions = dict[int, Session]()
        self.waiting, self.running = list[Turn](), list[Turn]()  # oldest first
        self.journal = list[tuple[str, tuple[int | str, ...]]]()
        self.answers = list[tuple[Turn, str]]()  # turns that are over, and why if not well

    # -- requests

    def open(self, session: int, namespace: int) -> None:
        """Begin a session. Raises RefusedError."""
        if session in self.sessions:
            raise RefusedError(f"session {session} is open")
        self.sessions[session] = Session(session, namespace)

    def submit(self, session: int, turn: int, new: Sequence[int], max_new: int) -> None:
        """Add a turn, which goes on from the session's last one. Raises RefusedError."""
        asked = self.sessions.get(session)
        if asked is None or asked.closing or asked.turn or not new:
            raise RefusedError(f"session {session} takes no such turn now")
        if any(turn == t.id for x in self.sessions.values() for t in (x.turn, x.last) if t):
            raise RefusedError(f"there is a turn {turn}")
        prompt = [*(asked.last.tokens if asked.last else []), *new]
        asked.turn = Turn(turn, asked, prompt, len(prompt), len(prompt) + max_new)
        self.waiting.append(asked.turn)

    def abort(self, turn: int) -> None:
        """Ask for the end of a turn: the next step ends it. Raises RefusedError."""
        for asked in (*self.waiting, *self.running):
            if asked.id == turn:
                asked.aborting = True
                return
        raise RefusedError(f"no turn {turn} is in flight")

    def close(self, session: int) -> None:
        """End a session, when its turn in flight has ended. Raises RefusedError."""
        if session not in self.sessions:
            raise RefusedError(f"session {session} is not open")
        if self.sessions[session].turn:
            self.sessions[session].closing = True
        else:
            self._end(self.sessions[session])

    # -- one step of the scheduler

    def step(self) -> None:
        """End what must end, admit what can start, compute what is missing of each running turn."""
        for turn in [turn for turn in (*self.waiting, *self.running) if turn.aborting]:
            self._abort(turn)
        for turn in list(self.waiting):
            if turn.limit > self.context_len or self._num_pages(turn.limit) > self.num_pages:
                why = "too_long" if turn.limit > self.context_len else "no_room"
                self._tell("pre_abort", turn.id, why)
                self.waiting.remove(turn)
                self._over(turn, why)
        while self.waiting and self._admit(self.waiting[0]):
            self.running.append(self.waiting.pop(0))
        for turn in list(self.running):
            if turn in self.running:  # and was not put back to make room for another one
                self._compute(turn)

    def _abort(self, turn: Turn) -> None:
        session = turn.session
        if turn.row is None:
            self._tell("abort_waiting", turn.id)
            self.waiting.remove(turn)
        else:
            self._tell("abort_nth" if session.slot else "abort_first", turn.id)
            self.running.remove(turn)
            self._release(turn.row)
            session.slot = turn.row = None
        self._over(turn, "aborted")

    def _admit(self, turn: Turn) -> bool:
        """Give a turn its session's record, or a new one if there is a row."""
        turn.row = turn.session.slot
        if turn.row:
            self._tell("resume", turn.id)
        elif self.free_rows or self._reclaim():
            self._tell("start", turn.id, 0)
            turn.row = Row(self.free_rows.pop(0))
        return turn.row is not None

    def _compute(self, turn: Turn) -> None:
        """Compute all KV that is missing, and the token that follows."""
        row, upto = turn.row, len(turn.tokens)
        assert row, f"turn {turn.id} runs"
        if not self._make_room(self._num_pages(upto) - len(row.pages), turn):
            return
        while len(row.pages) < self._num_pages(upto):
            row.pages.append(self.free_pages.pop(0))
        self._tell("reserve", turn.id, upto)
        for position in range(row.length, upto):
            self.pool[self._location(row, position)] = self._attended(turn, row, position)
        row.length = upto
        self._tell("extend", turn.id, upto)
        self._tell("collect", turn.id)
        if upto < turn.limit:
            turn.tokens.append(self.read(row, upto)[-1] % VOCABULARY)
        if len(turn.tokens) == turn.limit:
            self._finish(turn)

    def _attended(self, turn: Turn, row: Row, position: int) -> int:
        """Return what the model computes for one token of a turn: it reads all KV before it."""
        return attend(turn.session.namespace, self.read(row, position), turn.tokens[position])

    def _finish(self, turn: Turn) -> None:
        self._tell("finish", turn.id, len(turn.tokens))
        self.running.remove(turn)
        turn.session.slot, turn.row, turn.session.last = turn.row, None, turn
        self._over(turn, "")

    def _over(self, turn: Turn, why: str) -> None:
        """Answer a turn; a close may have waited for it."""
        turn.session.turn = None
        self.answers.append((turn, why))
        if turn.session.closing:
            self._tell("end_close", turn.session.id)
            self._end(turn.session)

    def _end(self, session: Session) -> None:
        if session.slot:
            self._release(session.slot)
        del self.sessions[session.id]

    # -- memory

    def read(self, row: Row, length: int) -> list[int]:
        """Return the KV of the first tokens of a record, as the model reads it."""
        return [self.pool[self._location(row, position)] for position in range(length)]

    def _location(self, row: Row, position: int) -> int:
        return row.pages[position // self.page_size] * self.page_size + position % self.page_size

    def _num_pages(self, length: int) -> int:
        return -(-length // self.page_size)

    def _make_room(self, num_pages: int, turn: Turn) -> bool:
        """Free so many pages for a turn. Return False where that meant to put itself back."""
        while len(self.free_pages) < num_pages:
            if not self._reclaim():
                youngest = self.running[-1]
                self._retract(youngest)
                if youngest is turn:
                    return False
        return True

    def _reclaim(self) -> bool:
        """Wipe the KV of the first session whose slot nobody borrows, if there is one."""
        for session in self.sessions.values():
            if session.slot and not (session.turn and session.turn.row):
                self._tell("reclaim", session.id)
                self._release(session.slot)
                session.slot = None
                return True
        return False

    def _retract(self, turn: Turn) -> None:
        """Let a turn wait again; its slot keeps what the last turn left."""
        self._tell("retract", turn.id)
        self.running.remove(turn)
        self.waiting.insert(0, turn)
        assert turn.row, f"turn {turn.id} ran"
        if turn.session.slot and turn.session.last:
            self._trim(turn.row, len(turn.session.last.tokens))
        else:
            self._release(turn.row)
        turn.row = None

    def _trim(self, row: Row, length: int) -> None:
        """Forget the KV beyond `length` tokens: a page with a token before that stays."""
        row.length = min(row.length, length)
        self.free_pages += row.pages[self._num_pages(row.length) :]
        del row.pages[self._num_pages(row.length) :]

    def _release(self, row: Row) -> None:
        self.free_pages += row.pages
        self.free_rows.append(row.number)

    def _tell(self, event: str, *of: int | str) -> None:
        self.journal.append((event, of))
