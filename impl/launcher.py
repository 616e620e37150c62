"""Launches batches and reads their results. Answers: what is computed, and what came of it?

A launch does not wait for its result: the next batch may be launched first, over the token that the
result will name (overlap). Until a result is read, nothing of its row may be freed.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from impl.batch import Chunk
from impl.drafter import Drafter
from impl.moves import Move
from impl.queues import Queues
from impl.record import KVRecord
from impl.runner import Runner
from impl.session import Session
from impl.turn import Result, Turn


class Launcher:
    """Extends, decodes, collects and verifies."""

    def __init__(self, queues: Queues, runner: Runner, drafter: Drafter) -> None:
        """Compute for the turns in `queues`."""
        self.queues = queues
        self.runner = runner
        self.drafter = drafter

    def launch(self, moves: Sequence[Move]) -> None:
        """Launch extends and decodes of different turns in one forward pass."""
        chunks: list[Chunk] = [getattr(self, move.name)(*move.args) for move in moves]
        tokens = self.runner.forward(chunks)
        for move, chunk, token in zip(moves, chunks, tokens, strict=True):
            _, turn, record = self.queues.is_running(int(str(move.args[0])))
            record.launched = chunk.end
            turn.unread.append(Result(chunk.end, token))

    def extend(self, turn_id: int, length: int) -> Chunk:
        """Prefill up to `length` tokens, all that is missing or a part: the chunk to compute."""
        session, turn, record = self.queues.is_running(turn_id)
        assert not turn.aborting, f"cannot extend: {turn}"
        assert record.launched < length <= record.allocated, f"cannot extend to {length}: {turn}"
        assert length <= len(turn.tokens), f"cannot extend to {length}: {turn}"
        return self._chunk(session, turn, turn.tokens[record.launched : length])

    def decode(self, turn_id: int) -> Chunk:
        """Compute the last output token's K and V, which yields the next: the chunk to compute.

        While a result is unread, the last token is the one that it will name.
        """
        session, turn, record = self.queues.is_running(turn_id)
        assert not turn.aborting, f"cannot decode: {turn}"
        assert turn.is_decoding or turn.can_overlap, f"has nothing to decode: {turn}"
        assert record.launched < record.allocated, f"has no location for its last token: {turn}"
        if turn.can_overlap:
            return self._chunk(session, turn, [0], turn.unread[-1].token)
        return self._chunk(session, turn, turn.tokens[-1:])

    def _chunk(
        self, session: Session, turn: Turn, tokens: list[int], in_air: Tensor | None = None
    ) -> Chunk:
        record = turn.record
        assert record, f"does not run: {turn}"
        start, namespace = record.launched, session.namespace
        return Chunk(tokens, record.row, start, namespace, in_air, record.recurrent, turn.sampling)

    def collect(self, turn_id: int) -> None:
        """Read the oldest result: KV is final, and the next token is known if all were before."""
        _, turn, record = self.queues.is_running(turn_id)
        assert turn.unread, f"nothing is unread: {turn}"
        length = len(turn.tokens)
        read = [result for result in turn.unread if result.end <= length]
        turn.unread = turn.unread[len(read) :]
        self.commit(turn, record, read[-1])

    def commit(self, turn: Turn, record: KVRecord, result: Result) -> None:
        """Count KV as final; the sampled token follows the last one that was known."""
        record.committed = result.end
        if result.end == len(turn.tokens) < turn.limit:
            turn.say([int(result.token)])

    def verify(self, turn_id: int, num_drafts: int) -> int:
        """Guess `num_drafts` tokens, compute them all at once, and return how many were right.

        KV of the wrong ones stays in the tail. Output may overshoot what was asked for.
        """
        session, turn, record = self.queues.at_rest(turn_id)
        assert record.recurrent is None, f"a recurrent state cannot go back: {turn}"
        assert turn.is_decoding, f"has nothing to decode: {turn}"
        assert num_drafts > 0, f"no drafts: {turn}"
        length = len(turn.tokens)
        assert length + num_drafts <= record.allocated, f"has no location for its drafts: {turn}"
        drafts = self.drafter.draft(turn.tokens, num_drafts, session.namespace, turn.sampling)
        chosen = self.runner.verify(self._chunk(session, turn, [turn.tokens[-1], *drafts]))
        accepted = 0
        while accepted < num_drafts and drafts[accepted] == chosen[accepted]:
            accepted += 1
        turn.say(chosen[: accepted + 1])
        record.committed = record.launched = length + accepted
        return accepted
