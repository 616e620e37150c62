"""The engine: clients ask; moves are performed singly (`apply`) or by its own policy (`step`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from impl.allocator import PagedAllocator
from impl.batch import Chunk
from impl.config import EngineConfig
from impl.kv_pool import KVPool
from impl.mechanism import Mechanism
from impl.model import Transformer
from impl.moves import Ended, Move, Why
from impl.record import KVRecord
from impl.refused import Reason
from impl.rows import ReqToTokenPool
from impl.runner import Runner
from impl.scheduler import Scheduler
from impl.session import Session
from impl.session_cache import SessionCache
from impl.session_controller import SessionController
from impl.turn import Turn


class Engine:
    """Streaming sessions on one device.

    Requests return None, or raise Refused and change nothing. `moves` and `ended` grow until the
    caller clears them.
    """

    def __init__(self, config: EngineConfig) -> None:
        """Allocate pools and weights on the device of `config`."""
        self.config = config
        self.allocator = PagedAllocator(config.num_pages, config.page_size, config.device)
        self.rows = ReqToTokenPool(config.num_rows, config.context_len, config.device)
        self.kv_pool = KVPool(config)
        self.model = Transformer(config)
        self.cache = SessionCache(self.allocator, self.rows)
        self.controller = SessionController(self.cache)
        self.runner = Runner(self.model, self.rows, self.kv_pool)
        self.mechanism = Mechanism(config, self.controller, self.cache, self.runner)
        self.scheduler = Scheduler(config, self.mechanism)

    # -- what a client may ask

    def open(self, session: int) -> None:
        """Begin a session. Raises Refused: ALREADY_OPEN."""
        self.controller.open(session)

    def submit(
        self,
        session: int,
        turn: int,
        tokens: Sequence[int],
        max_new_tokens: int,
        *,
        replace: bool = False,
        drop_previous_output: bool = False,
        offset: int = 0,
    ) -> None:
        """Add a turn: the last finished turn's tokens, `tokens`, and `max_new_tokens` of output.

        A streaming session only appends: replace, drop_previous_output and a non-zero offset are
        refused. A turn that can never run is admitted, and turned away by the next step. Raises
        Refused, and ValueError for tokens outside the vocabulary or a negative max_new_tokens.
        """
        self._check_numbers(tokens, max_new_tokens)
        asked = (
            (replace, Reason.REPLACE),
            (drop_previous_output, Reason.DROP_PREVIOUS_OUTPUT),
            (offset != 0, Reason.OFFSET),
        )
        edit = next((reason for is_asked, reason in asked if is_asked), None)
        admitted = self.controller.submit(session, turn, tokens, max_new_tokens, edit)
        admitted.to_finish = self._impossible(admitted)
        self.mechanism.waiting.append(admitted)

    def abort(self, turn: int) -> None:
        """Ask for the end of a turn that waits or runs. Raises Refused: UNKNOWN_TURN."""
        self.controller.abort(turn)

    def close(self, session: int) -> None:
        """End a session, at once or after its turn in flight. Raises Refused: UNKNOWN_SESSION."""
        self.controller.close(session)

    def _check_numbers(self, tokens: Sequence[int], max_new_tokens: int) -> None:
        size = self.config.model.vocab_size
        wrong = [token for token in tokens if not 0 <= token < size]
        if wrong:
            raise ValueError(f"token ids {wrong} are not in the vocabulary [0, {size}).")
        if max_new_tokens < 0:
            raise ValueError(f"max_new_tokens is {max_new_tokens}; give 0 or more.")

    def _impossible(self, turn: Turn) -> Why | None:
        if self.mechanism.is_too_long(turn):
            return Why.TOO_LONG
        full = len(self.mechanism.waiting) >= self.config.queue_limit
        return Why.QUEUE_FULL if full else None

    # -- what the scheduler does

    def apply(self, move: Move) -> bool:
        """Perform exactly this move. False: no room or no row, and nothing changed.

        Raises AssertionError for a move that is impossible in this state.
        """
        return self.mechanism.apply(move)

    def step(self) -> None:
        """Schedule, run, finish: end what must end, admit, make room, one forward pass, finish."""
        self._perform(self.scheduler.aborts())
        self._perform(self.scheduler.closes())
        while admission := self.scheduler.admission():
            self.apply(admission)
        if chunks := self._reserved_chunks():
            self.mechanism.forward([self.scheduler.computed(chunk) for chunk in chunks])
        self._perform(self.scheduler.finishes())
        self._perform(self.scheduler.closes())

    def _perform(self, moves: Iterable[Move]) -> None:
        for move in moves:
            self.apply(move)

    def _reserved_chunks(self) -> list[Chunk]:
        """Return the chunks to compute, with room for each; turns are retracted until there is."""
        chunks = self.scheduler.chunks()
        while not all(map(self._reserve, chunks)):
            self._perform(self.scheduler.room())
            chunks = self.scheduler.chunks()
        return chunks

    def _reserve(self, chunk: Chunk) -> bool:
        record = chunk.turn.record
        has_room = record is not None and record.allocated >= chunk.end
        return has_room or self.apply(Move("reserve", (chunk.turn.id, chunk.end)))

    # -- what anyone may look at

    @property
    def sessions(self) -> dict[int, Session]:
        """Open sessions by id, those that are closing included."""
        return self.controller.sessions

    @property
    def turns(self) -> dict[int, Turn]:
        """Turns by id that wait, run, or are the last finished one of an open session."""
        return self.controller.turns

    @property
    def moves(self) -> list[Move]:
        """Moves performed since the caller last cleared this list."""
        return self.mechanism.moves

    @property
    def ended(self) -> list[Ended]:
        """Turns ended since the caller last cleared this list."""
        return self.mechanism.ended

    @property
    def idle(self) -> bool:
        """Nothing waits and nothing runs."""
        return not self.mechanism.waiting and not self.mechanism.running

    @property
    def records(self) -> list[KVRecord]:
        """Every KV record, once: those of slots, and those of first turns that run."""
        slots = [session.slot for session in self.sessions.values()]
        borrowed = [turn.record for turn in self.mechanism.running]
        return list(dict.fromkeys(record for record in slots + borrowed if record))

    def check(self) -> None:
        """Raise AssertionError, with the values, unless every structure is as it must always be."""
        self.controller.check()
        self.mechanism.check()
        self.cache.check(self.records)
