"""The policy: which moves come next. It reads and changes nothing; another would be as correct.

First come, first served. The oldest running turn always gets on: room for it is made by sliding
windows, by evicting what nobody reads, by reclaiming idle slots, and at last by retracting the
youngest. So every turn that fits the pool ends, however many sessions are open.
"""

from __future__ import annotations

from collections.abc import Iterator

from impl.config import EngineConfig
from impl.moves import Move, Why
from impl.paging import floor_align, num_full_pages, window_start
from impl.queues import Queues
from impl.radix_node import RadixNode
from impl.session import Session
from impl.session_cache import SessionCache
from impl.turn import Turn
from impl.work import Work


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
            yield from self._collects(turn)
            if turn.record:  # it may have failed just now
                yield self.abort(turn)
        for turn in [turn for turn in self.queues.waiting if turn.aborting]:
            yield Move("abort_waiting", (turn.id,))
        for turn in reversed(list(self.queues.waiting)):
            if why := self._why_not(turn):
                yield Move("pre_abort", (turn.id, why.value))

    def abort(self, turn: Turn) -> Move:
        """Return the end of a running turn that is aborting, and whose results are read."""
        nth = turn.session and turn.session.slot
        return Move("abort_nth" if nth else "abort_first", (turn.id,))

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
        for session in list(controller.sessions.values()):
            if session.closing and not session.in_flight:
                yield Move("end_close", (session.id,))
            elif controller.is_stale(session):
                yield Move("time_out", (session.id,))

    # -- who comes next

    def admission(self) -> Move | None:
        """Return what brings the first waiting turn nearer to running, or None: it waits on.

        When nothing runs there is nothing to wait for: the turn is admitted even without room, and
        `Engine.step` makes some. A row is got from an idle slot if need be.
        """
        if not self.queues.waiting:
            return None
        turn = self.queues.waiting[0]
        assert turn.session, f"belongs to no session: {turn}"
        if self.queues.running and not self._has_room_for(turn):
            return None
        if turn.session.slot:
            return Move("resume", (turn.id,))
        if self.cache.can_alloc:
            return Move("start", (turn.id, self.cache.num_cached(turn.session, turn)))
        idle = self._idle_session()
        return Move("reclaim", (idle.id,)) if idle else None

    def _has_room_for(self, turn: Turn) -> bool:
        """Tell whether budget and pages last for `turn`'s first chunk beside what runs.

        Pages that nobody reads count as free: they are evicted and reclaimed when they are needed.
        """
        work = self.work()
        budget = self.config.token_budget - sum(item.end - item.start for item in work)
        slot = turn.session.slot if turn.session else None
        sizes = self.cache.tree.evictable_size + self.cache.allocator.available_size
        others = [x for x in self._idle_sessions() if x is not turn.session]
        sizes += self.cache.session_held_size(others)
        free = num_full_pages(sizes, self.config.page_size) - sum(
            max(0, self.cache.num_new_pages(item.turn.record, item.end)) for item in work
        )
        start = self.cache.prefix_len(slot, turn) if slot else 0
        end = min(start + budget, turn.target_len)
        return budget > 0 and self.cache.num_new_pages(slot, end) <= free

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
        if turn.record.is_unread and not (self.config.overlap and turn.can_overlap):
            return None
        if turn.is_launched:
            return None
        if turn.is_decoding or turn.can_overlap:
            if not budget:
                return None
            drafts = self._num_drafts(turn, budget - 1) if turn.is_decoding else 0
            return Work(turn, start, start + 1 + drafts, drafts, decodes=True)
        end = min(start + budget, turn.target_len)
        return Work(turn, start, end) if start < end else None

    def _num_drafts(self, turn: Turn, budget: int) -> int:
        """Return how many tokens to guess: never so many that the turn would outgrow the pool."""
        if self.config.recurrents:
            return 0
        return min(self.config.num_drafts, turn.limit - len(turn.tokens), budget)

    # -- how there is room for it

    def room(self, num_missing: int) -> Iterator[Move]:
        """Generate what makes room for some pages: what costs least first.

        Windows slide, a leaf that nobody reads is evicted, an idle slot is reclaimed, the youngest
        running turn is retracted once its results are read.
        """
        if slides := [move for turn in self.queues.running for move in self.slides(turn)]:
            yield from slides
        elif leaf := self.cache.tree.oldest_leaf():
            yield from self._evicts(*leaf, num_missing)
        elif idle := self._idle_session():
            yield Move("reclaim", (idle.id,))
        else:
            turn = self.queues.running[-1]
            yield from self._collects(turn)
            if turn.record:  # or it has failed, and there is room now
                yield Move("retract", (turn.id,))

    def _evicts(self, namespace: int, leaf: RadixNode, num_pages: int) -> Iterator[Move]:
        """Generate the evictions of a leaf's last pages."""
        tokens, size = tuple(leaf.tokens), self.config.page_size
        for i in range(min(num_pages, num_full_pages(len(leaf.key), size))):
            yield Move("evict", (namespace, tokens[: len(tokens) - i * size]))

    def _idle_sessions(self) -> list[Session]:
        sessions = self.queues.controller.sessions.values()
        return [session for session in sessions if session.slot and not session.is_lent]

    def _idle_session(self) -> Session | None:
        """Return the session that would miss its KV the least: one without a turn, the oldest."""
        return min(
            self._idle_sessions(),
            key=lambda session: (session.in_flight is not None, session.last_activity),
            default=None,
        )

    # -- what is read

    def collects(self) -> Iterator[Move]:
        """Generate the reads of results: all but those over which the next batch is launched."""
        for turn in list(self.queues.running):
            while turn.unread and not self._stays_unread(turn):
                yield Move("collect", (turn.id,))

    def _stays_unread(self, turn: Turn) -> bool:
        """Tell whether a decode will be launched over the turn's one unread result.

        What completes a first prompt is read at once, so that it can be published.
        """
        is_last = len(turn.unread) == 1 and turn.can_overlap and not turn.at_end
        return self.config.overlap and is_last and not self._lacks_in_tree(turn)

    def _collects(self, turn: Turn) -> Iterator[Move]:
        while turn.unread:
            yield Move("collect", (turn.id,))

    def publishes(self) -> Iterator[Move]:
        """Generate the publishing of first prompts that are computed."""
        for turn in list(self.queues.running):
            if self.is_publishable(turn):
                yield Move("publish", (turn.id,))

    def is_publishable(self, turn: Turn) -> bool:
        """Tell whether a running turn's first prompt is computed, and not yet in the tree."""
        record, session = turn.record, turn.session
        if not record or not session or record.is_unread:
            return False
        return self._lacks_in_tree(turn) and session.first_prompt_len <= record.committed

    def _lacks_in_tree(self, turn: Turn) -> bool:
        """Tell whether the first prompt has whole pages that the turn does not read from there."""
        record, session = turn.record, turn.session
        if not record or not session or record.recurrent is not None:
            return False
        whole = floor_align(session.first_prompt_len, self.config.page_size)
        return record.cursor == record.protected < whole

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
            if turn.is_complete and turn.record and not turn.record.is_unread:
                yield Move("finish", (turn.id, turn.end))
