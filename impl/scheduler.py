"""The policy: which moves come next. It reads and changes nothing; another would be as correct.

First come, first served. The oldest running turn always gets on: room for it is made by retracting
the youngest. So every turn that fits the pool ends.
"""

from __future__ import annotations

from impl.batch import Chunk
from impl.config import EngineConfig
from impl.mechanism import Mechanism
from impl.moves import Move, Why
from impl.turn import Turn


class Scheduler:
    """Chooses the moves of a step, in the order in which `Engine.step` asks for them."""

    def __init__(self, config: EngineConfig, mechanism: Mechanism) -> None:
        """Choose for what waits and runs in `mechanism`."""
        self.config = config
        self.mechanism = mechanism

    def aborts(self) -> list[Move]:
        """Return the ends of turns whose abort was asked for, or that can never run."""
        moves = []
        for turn in self.mechanism.running:
            if turn.aborting:
                nth = turn.session and turn.session.slot
                moves.append(Move("abort_nth" if nth else "abort_first", (turn.id,)))
        for turn in self.mechanism.waiting:
            if turn.aborting:
                moves.append(Move("abort_waiting", (turn.id,)))
            elif turn.to_finish:
                moves.append(Move("pre_abort", (turn.id, turn.to_finish.value)))
        return moves

    def closes(self) -> list[Move]:
        """Return the closes that waited for a turn which is over now."""
        sessions = self.mechanism.controller.sessions.values()
        return [Move("end_close", (s.id,)) for s in sessions if s.closing and not s.in_flight]

    def admission(self) -> Move | None:
        """Return the start or resume of the first waiting turn, or None: it must go on waiting.

        When nothing runs there is nothing to wait for: the turn is admitted even without room, and
        `Engine.step` finds out; or it is turned away, if there is not even a row.
        """
        waiting, running = self.mechanism.waiting, self.mechanism.running
        if not waiting:
            return None
        turn = waiting[0]
        slot = turn.session and turn.session.slot
        if not slot and not self.mechanism.cache.rows.free_rows:
            return None if running else Move("pre_abort", (turn.id, Why.NO_ROOM.value))
        if running and not self._has_room_for(turn):
            return None
        return Move("resume" if slot else "start", (turn.id,))

    def _has_room_for(self, turn: Turn) -> bool:
        """Tell whether budget and pages last for `turn`'s first chunk beside what runs."""
        cache, chunks = self.mechanism.cache, self.chunks()
        budget = self.config.token_budget - sum(chunk.end - chunk.start for chunk in chunks)
        free = len(cache.allocator.free_pages) - sum(
            max(0, cache.num_new_pages(chunk.turn.record, chunk.end)) for chunk in chunks
        )
        slot = turn.session.slot if turn.session else None
        start = cache.prefix_len(slot, turn) if slot else 0
        end = min(start + budget, turn.target_len)
        return budget > 0 and cache.num_new_pages(slot, end) <= free

    def chunks(self) -> list[Chunk]:
        """Return what to compute next, to the budget: decodes first, then prefill chunks."""
        budget = self.config.token_budget
        chunks = []
        for turn in sorted(self.mechanism.running, key=lambda turn: not turn.is_decoding):
            assert turn.record, f"does not run: {turn}"
            start = turn.record.committed
            end = min(start + budget, turn.target_len)
            if start < end:
                chunks.append(Chunk(turn, turn.record.row, start, end))
                budget -= end - start
        return chunks

    def computed(self, chunk: Chunk) -> Move:
        """Return the move that computes `chunk`."""
        if chunk.turn.is_decoding:
            return Move("decode", (chunk.turn.id,))
        return Move("extend", (chunk.turn.id, chunk.end))

    def room(self) -> list[Move]:
        """Return how to make room: the youngest running turn is retracted.

        If it ran alone, nothing else can be taken back for it, and it is turned away.
        """
        turn = self.mechanism.running[-1]
        retract = Move("retract", (turn.id,))
        if len(self.mechanism.running) > 1:
            return [retract]
        return [retract, Move("pre_abort", (turn.id, Why.NO_ROOM.value))]

    def finishes(self) -> list[Move]:
        """Return the finishes of turns that have all their output."""
        running = self.mechanism.running
        return [Move("finish", (t.id,)) for t in running if t.is_complete and t.at_limit]
