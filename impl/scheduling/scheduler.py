"""The policy: which moves come next. It reads and changes nothing; another would be as correct.

First come, first served, among turns of the same priority. The oldest running turn of the highest
priority always gets on: room for it is made by sliding windows, by evicting what nobody reads, by
reclaiming idle slots, and at last by retracting the youngest of the least priority. So every turn
that fits the pool ends, however many sessions are open, unless more urgent ones keep coming.
"""

from __future__ import annotations

from collections.abc import Iterator

from impl.cache.radix_node import RadixNode
from impl.config import EngineConfig
from impl.moves import Move, Why
from impl.paging import floor_align, window_start
from impl.scheduling.queues import Queues
from impl.scheduling.work import Work
from impl.sessions.session import Session
from impl.sessions.session_cache import SessionCache
from impl.sessions.turn import Turn


class Scheduler:
    """Chooses the moves of a step, in the order in which `Engine.step` asks for them."""

    def __init__(self, config: EngineConfig, queues: Queues, cache: SessionCache) -> None:
        """Choose for what waits and runs in `queues`."""
        self.config = config
        self.queues = queues
        self.cache = cache

    # -- what must end

    def aborts(self) -> Iterator[Move]:
        """Generate the ends of turns whose abort was asked for, or that can never run."""
        for turn in [turn for turn in self.queues.running if turn.aborting]:
            yield from self._drops(turn)
            yield self.abort(turn)
        for turn in [turn for turn in self.queues.waiting if turn.aborting]:
            yield Move("abort_waiting", (turn.id,))
        for turn in reversed(list(self.queues.waiting)):
            if why := self._why_not(turn):
                yield Move("pre_abort", (turn.id, why.value))

    def abort(self, turn: Turn) -> Move:
        """Return the end of a running turn that is aborting, and of which nothing is unread."""
        nth = turn.session and turn.session.slot
        return Move("abort_nth" if nth else "abort_first", (turn.id,))

    def _drops(self, turn: Turn) -> Iterator[Move]:
        """Generate what comes before the end of a turn with unread results."""
        if turn.unread:
            yield Move("drop", (turn.id,))

    def _why_not(self, turn: Turn) -> Why | None:
        if self.queues.is_too_long(turn):
            return Why.TOO_LONG
        if self.queues.is_too_large(turn):
            return Why.NO_ROOM
        is_full = len(self.queues.waiting) > self.config.queue_limit
        return Why.QUEUE_FULL if turn.late and is_full else None

    def closes(self) -> Iterator[Move]:
        """Generate the ends of sessions that wait for nothing any more."""
        controller = self.queues.controller
        for session in list(controller.ending.values()):
            yield Move("end_close", (session.id,))
        for session in controller.stale():
            yield Move("time_out", (session.id,))

    # -- who comes next

    def admissions(self) -> Iterator[Move]:
        """Generate what brings waiting turns to run, first come, first served, until one waits on.

        When nothing runs there is nothing to wait for: the turn is admitted even without room, and
        `Engine.step` makes some. A row is got from an idle slot if need be. Who has a higher
        priority than a running turn does not wait for it: that one goes back.
        """
        budget, promised = self._promised()
        while self.queues.waiting:
            turn = self.queues.waiting[0]
            assert turn.session, f"belongs to no session: {turn}"
            slot = turn.session.slot
            start = self.cache.prefix_len(slot, turn) if slot else 0
            end = min(start + budget, turn.target_len)
            wanted = promised + self.cache.num_new_pages(slot, end)
            if self.queues.running and (budget <= 0 or not self._has_room(wanted, turn.session)):
                least = self._least()
                if least.priority >= turn.priority:
                    return
                yield from self._retracts(least)
                budget, promised = self._promised()
                continue
            move = self._admission(turn, turn.session)
            if move is None:
                return
            yield move
            if turn.record:
                budget -= max(0, end - turn.record.launched)
                promised += self._num_new_pages(turn, end)

    def _promised(self) -> tuple[int, int]:
        """Return what running turns leave of the token budget, and how many pages they take."""
        work = self.work()
        budget = self.config.token_budget - sum(item.end - item.start for item in work)
        return budget, sum(self._num_new_pages(item.turn, item.end) for item in work)

    def _admission(self, turn: Turn, session: Session) -> Move | None:
        if session.slot:
            return Move("resume", (turn.id,))
        if self.cache.can_alloc:
            return Move("start", (turn.id, self.cache.num_cached(session, turn)))
        if self.cache.lacks_part and (move := self._leaf()):
            return move
        idle = self._idle_session()
        return Move("reclaim", (idle.id,)) if idle else None

    def _leaf(self) -> Move | None:
        """Return what frees all that the tree keeps with its oldest leaf; None: there is none.

        Where parts are short, leaves with which they keep nothing go as well: others lie behind.
        """
        leaf = self.cache.tree.oldest_leaf()
        return self._evict(leaf, len(leaf.value)) if leaf else None

    def _evict(self, leaf: RadixNode, num_pages: int) -> Move:
        return Move("evict", (leaf.namespace, leaf.tokens, num_pages))

    def _num_new_pages(self, turn: Turn, end: int) -> int:
        return max(0, self.cache.num_new_pages(turn.record, end))

    def _has_room(self, num_pages: int, session: Session) -> bool:
        """Tell whether there are so many pages for a turn of `session` beside what runs.

        Pages that nobody reads count as free: they are evicted and reclaimed when they are needed.
        """
        size = num_pages * self.config.page_size
        free = self.cache.allocator.available_size + self.cache.tree.evictable_size
        if size <= free:
            return True
        others = [other for other in self._idle_sessions() if other is not session]
        return size <= free + self.cache.session_held_size(others)

    # -- what is computed

    def work(self) -> list[Work]:
        """Return what to compute next, to the budget: decodes first, then prefill chunks."""
        budget, work = self.config.token_budget, list[Work]()
        for turn in sorted(self.queues.running, key=lambda turn: not turn.is_decoding):
            if item := self._next(turn, budget):
                work.append(item)
                budget -= item.end - item.start
        return work

    def _next(self, turn: Turn, budget: int) -> Work | None:
        assert turn.record, f"does not run: {turn}"
        start = turn.record.launched
        if turn.aborting or turn.is_launched:
            return None
        if turn.record.is_unread and not self.config.overlap:
            return None
        if turn.is_decoding or turn.can_overlap:
            if not budget:
                return None
            drafts = self._num_drafts(turn, budget - 1) if turn.is_decoding else 0
            return Work(turn, start, start + 1 + drafts, drafts, decodes=True)
        end = min(start + budget, turn.target_len)
        if self.cache.is_exact and self._lacks_in_tree(turn):
            end = self._stop_to_publish(turn, start, end)
        return Work(turn, start, end) if start < end else None

    def _stop_to_publish(self, turn: Turn, start: int, end: int) -> int:
        """Return where a chunk ends: where it is to be published, and not beyond."""
        assert turn.session, f"belongs to no session: {turn}"
        length = self.cache.shared_len(turn.session)
        return min(end, length) if start < length else end

    def _num_drafts(self, turn: Turn, budget: int) -> int:
        """Return how many tokens to guess: never so many that the turn would outgrow the pool."""
        if self.cache.is_exact:
            return 0  # what guesses have changed could not be undone
        return min(self.config.num_drafts, turn.limit - len(turn.tokens), budget)

    # -- how there is room for it

    def room(self, num_missing: int) -> Iterator[Move]:
        """Generate what makes room for some pages: what costs least first.

        Windows slide, a leaf that nobody reads is evicted, an idle slot is reclaimed, the youngest
        running turn of the least priority is retracted once its results are read.
        """
        if slides := [move for turn in self.queues.running for move in self.slides(turn)]:
            yield from slides
        elif leaf := self.cache.tree.oldest_leaf():
            yield self._evict(leaf, min(num_missing, len(leaf.value)))
        elif idle := self._idle_session():
            yield Move("reclaim", (idle.id,))
        else:
            yield from self._retracts(self._least())

    def _least(self) -> Turn:
        """Return the youngest running turn of the least priority."""
        return min(reversed(self.queues.running), key=lambda turn: turn.priority)

    def _retracts(self, turn: Turn) -> Iterator[Move]:
        """Generate what takes a running turn's memory back, or its end if that is due anyway."""
        while turn.unread:
            yield Move("collect", (turn.id,))
        if turn.record is None:
            return  # it has failed, and there is room now
        if turn.is_complete:
            yield Move("finish", (turn.id, turn.end))
        else:
            yield Move("retract", (turn.id,))

    def _idle_sessions(self) -> Iterator[Session]:
        """Generate the sessions whose slot no turn borrows, first who would miss its KV the least.

        Who has no turn at all, idle for the longest time first; then whose turn came last.
        """
        yield from self.queues.controller.idle.with_kv()
        for turn in reversed(self.queues.waiting):
            if turn.session and turn.session.slot:
                yield turn.session

    def _idle_session(self) -> Session | None:
        """Return the session that would miss its KV the least."""
        return next(self._idle_sessions(), None)

    # -- what is read

    def collects(self, step: int) -> Iterator[Move]:
        """Generate the reads of results, with overlap of those that were launched before `step`."""
        for turn in list(self.queues.running):
            while turn.unread and not self._stays_unread(turn, step):
                yield Move("collect", (turn.id,))

    def _stays_unread(self, turn: Turn, step: int) -> bool:
        """Tell whether nobody waits for a turn's oldest result.

        A chunk of a prompt yields no token: it is read with the last one. But windows slide over
        what is read, and what completes a first prompt is read at once, to be published.
        """
        if not self.config.overlap:
            return False
        due = next(x for x in reversed(turn.unread) if x.end <= len(turn.tokens))
        if due.end < turn.target_len:
            return not (self.config.window or self._ends_to_publish(turn))
        return due.step == step and not self._lacks_in_tree(turn)

    def _ends_to_publish(self, turn: Turn) -> bool:
        """Tell whether what was launched ends where all parts must stand to publish."""
        record, session = turn.record, turn.session
        if not record or not session or not self.cache.is_exact:
            return False
        return self._lacks_in_tree(turn) and record.launched == self.cache.shared_len(session)

    def publishes(self) -> Iterator[Move]:
        """Generate the publishing of first prompts that are computed.

        For a recurrent state that goes with one, older ones are dropped that nobody reads.
        """
        for turn in list(self.queues.running):
            if self.is_publishable(turn) and turn.session:
                tokens = turn.tokens[: self.cache.shared_len(turn.session)]
                while not self.cache.has_room_for(turn.session, tokens) and (move := self._leaf()):
                    yield move
                yield Move("publish", (turn.id,))

    def is_publishable(self, turn: Turn) -> bool:
        """Tell whether a running turn's first prompt is computed, and not yet in the tree."""
        record, session = turn.record, turn.session
        if not record or not session or record.is_unread:
            return False
        return self.cache.can_publish(session, record)

    def _lacks_in_tree(self, turn: Turn) -> bool:
        """Tell whether the first prompt has whole pages that the turn does not read from there.

        A part that keeps one length only, and is beyond their end, cannot go with them any more.
        """
        record, session = turn.record, turn.session
        if not record or not session:
            return False
        length = self.cache.shared_len(session)
        is_in_time = not self.cache.is_exact or record.launched <= length
        return is_in_time and record.cursor == record.protected < length

    def slides(self, turn: Turn) -> Iterator[Move]:
        """Generate the slide of a turn's window, if whole pages are behind it."""
        record, config = turn.record, self.config
        if config.window and record:
            length = floor_align(window_start(record.committed, config.window), config.page_size)
            if record.cursor < length:
                yield Move("slide", (turn.id, length))

    def finishes(self) -> Iterator[Move]:
        """Generate the finishes of turns that have all their output."""
        for turn in list(self.queues.running):
            if turn.is_complete:
                yield from self._drops(turn)
                yield Move("finish", (turn.id, turn.end))
