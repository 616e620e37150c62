"""Launches batches and reads their results. Answers: what is computed, and what came of it?

Whatever fails raises ForwardFailed and changes nothing: K and V that a failed pass has stored lie
in tails, where nobody reads, and recurrent states are put back.

A launch does not wait for its result: the next batch may be launched first, over the token that the
result will name (overlap). Until a result is read or dropped, nothing of its row may be freed; what
is freed then is handed out once the batches that may use it are done.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from impl.cache.launches import Launches
from impl.cache.record import KVRecord
from impl.drafting.drafter import Drafter
from impl.failure import Failure, computing
from impl.model.batch import Chunk
from impl.model.in_air import InAir
from impl.model.runner import Runner
from impl.moves import Move
from impl.scheduling.queues import Queues
from impl.sessions.session import Session
from impl.sessions.turn import Result, Turn


class Launcher:
    """Extends, decodes, collects and verifies."""

    def __init__(
        self, queues: Queues, runner: Runner, drafter: Drafter, launches: Launches
    ) -> None:
        """Compute for the turns in `queues`; `launches` says which batches are done."""
        self.launches = launches
        self.queues = queues
        self.runner = runner
        self.drafter = drafter
        self.draft_failures: list[Failure] = []
        self.step = 0  # counts the engine's steps
        device = runner.rows.device
        self._copying = _stream(device)

    def launch(self, moves: Sequence[Move]) -> None:
        """Launch extends and decodes of different turns in one forward pass."""
        chunks: list[Chunk] = [getattr(self, move.name)(*move.args) for move in moves]
        number = self.launches.begin()
        running = [self.queues.is_running(int(str(move.args[0]))) for move in moves]
        for _, _, record in running:
            record.batch = number  # also where it fails: it may have written before
        batch = self._forward(chunks, number)
        for i, ((_, turn, record), chunk) in enumerate(zip(running, chunks, strict=True)):
            record.launched = chunk.end
            turn.unread.append(Result(chunk.end, batch, i, self.step))

    def _forward(self, chunks: Sequence[Chunk], number: int) -> InAir:
        """Compute chunks; where that fails, put the recurrent states back that it moved on."""
        states = self.runner.memory.recurrents
        slots = [chunk.recurrent for chunk in chunks if chunk.recurrent is not None]
        with computing():
            saved = states.backup(slots) if states else {}
            try:
                return InAir(self.runner.forward(chunks), self._copying, number)
            except BaseException:
                if states:
                    states.restore(saved)
                raise

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
            return self._chunk(session, turn, [0], turn.unread[-1])
        return self._chunk(session, turn, turn.tokens[-1:])

    def _chunk(
        self, session: Session, turn: Turn, tokens: Sequence[int], unread: Result | None = None
    ) -> Chunk:
        record = turn.record
        assert record, f"does not run: {turn}"
        start, namespace = record.launched, session.namespace
        in_air = (unread.batch.tokens, unread.place) if unread else None
        return Chunk(tokens, record.row, start, namespace, in_air, record.recurrent, turn.sampling)

    def collect(self, turn_id: int) -> None:
        """Read the oldest result: KV is final, and the next token is known if all were before."""
        _, turn, record = self.queues.is_running(turn_id)
        assert turn.unread, f"nothing is unread: {turn}"
        length = len(turn.tokens)
        read = [result for result in turn.unread if result.end <= length]
        self.commit(turn, record, read[-1])
        turn.unread = turn.unread[len(read) :]

    def commit(self, turn: Turn, record: KVRecord, result: Result) -> None:
        """Count KV as final; the sampled token follows the last one that was known."""
        is_next = result.end == len(turn.tokens) < turn.limit
        with computing():
            said = [self.read(result)] if is_next else []
        record.committed = result.end
        turn.say(said)

    def read(self, result: Result) -> int:
        """Wait for a token. What went wrong on the device since its launch is raised here."""
        token = result.batch.read(result.place)
        self.launches.is_done(result.batch.number)
        return token

    def drop(self, turn_id: int) -> int:
        """Forget a turn's unread results; return how many times they would have been collected.

        Their KV counts as computed: it is, before anything that is launched from now on. What the
        turn gives back now is not handed out before these batches are done (`FreeList`).
        """
        _, turn, record = self.queues.is_running(turn_id)
        known = len(turn.tokens)
        num_collects = len({max(result.end, known) for result in turn.unread})
        turn.unread, record.committed = [], record.launched
        return num_collects

    def verify(self, turn_id: int, num_drafts: int) -> int:
        """Guess `num_drafts` tokens, compute them all at once, and return how many were right.

        KV of the wrong ones stays in the tail. Output may overshoot what was asked for. Where the
        drafter fails, none is right.
        """
        session, turn, record = self.queues.at_rest(turn_id)
        assert record.recurrent is None, f"a recurrent state cannot go back: {turn}"
        assert turn.is_decoding, f"has nothing to decode: {turn}"
        assert num_drafts > 0, f"no drafts: {turn}"
        length = len(turn.tokens)
        assert length + num_drafts <= record.allocated, f"has no location for its drafts: {turn}"
        number = record.batch = self.launches.begin()
        drafts = self._drafts(turn, num_drafts, session.namespace)
        with computing():
            chosen = self.runner.verify(self._chunk(session, turn, [turn.tokens[-1], *drafts]))
        self.launches.is_done(number)  # its tokens were waited for
        accepted = 0
        while accepted < len(drafts) and drafts[accepted] == chosen[accepted]:
            accepted += 1
        turn.say(chosen[: accepted + 1])
        record.committed = record.launched = length + accepted
        return accepted

    def _drafts(self, turn: Turn, num: int, namespace: int) -> list[int]:
        """Return `num` drafts, or none where the drafter fails: the turn is decoded plainly."""
        size = self.runner.model.config.vocab_size
        try:
            drafts = self.drafter.draft(turn, num, namespace)
            if len(drafts) != num or not all(0 <= draft < size for draft in drafts):
                raise ValueError(f"{num} drafts in [0, {size}) were asked for, not {drafts}")
        except AssertionError:
            raise
        except Exception as error:
            self.draft_failures.append(Failure.of(error))
            return []
        return drafts


def _stream(device: torch.device) -> torch.cuda.Stream | None:
    """Return a stream that copies results to the host, where the device has streams."""
    return torch.cuda.Stream(device) if device.type == "cuda" else None  # type: ignore[no-untyped-call]
