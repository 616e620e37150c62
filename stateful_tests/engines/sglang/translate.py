"""A release's journal in the spec's words: which moves did its scheduler make?

| the release                    | the spec                                                     |
|--------------------------------|--------------------------------------------------------------|
| allocates for a turn's batch   | start, or resume where the session has a slot; reserve       |
| launches a batch, and reads it | extend or decode, and collect: both where the result is read |
| inserts a first prompt         | publish                                                      |
| ends a turn                    | finish, abort_first, abort_nth, abort_waiting, pre_abort     |
| puts a turn back               | retract                                                      |
| deletes a leaf                 | evict, page by page                                          |

A release that puts a turn back may keep more of its KV than the spec (see `kept`); what a turn then
finds is told as computed.

With overlap a batch is launched before the last one is read, and what a turn leaves at its end is
freed while that batch may still read it. This is sound, since the device orders later batches
behind it, and is told in the order that it amounts to: a launch counts where its result is read. A
batch that was launched past the end of a turn counts as what it computed: the KV of the last token.
Of a turn whose end was asked for no more batches are told: all their KV goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from spec.machine.trace import Step
from stateful_tests.engines.sglang.pages import page_names
from stateful_tests.engines.sglang.turns import Launch, Turn, Turns

Event = dict[str, Any]


class Translator:
    """Tells the moves of one iteration after the other, and keeps `turns` up to date."""

    def __init__(self, turns: Turns, page_size: int) -> None:
        self.turns, self.page_size = turns, page_size
        self.published = turns.published

    def moves(self, events: list[Event]) -> Iterator[Step]:
        """Generate the moves of one iteration."""
        for place, event in enumerate(events):
            match event["event"]:
                case "extend" | "decode":
                    self._allocated(event)
                case "launch":
                    self._launched(event)
                case "result":
                    yield from self._read(event, _within(events, place))
                case "evict":
                    yield from self._evicted(event)
                case "retract":
                    yield from self._retracted(event)
                case "release" if event["depth"] == 0:
                    yield from self._cut_off(event)
        for turn in list(self.turns.live.values()):
            yield from self._room(turn, turn.allocating)

    def ended_waiting(self, turn: Turn) -> Iterator[Step]:
        """Generate how a turn ends that was aborted while it waited."""
        yield "abort_waiting", (turn.id,)
        yield from self._over(turn)

    # -- allocations and launches wait until their result is read, or the iteration is over

    def _allocated(self, event: Event) -> None:
        ends = event.get("upto") or [start + 1 for start in event["from"]]
        for rid, row, start, end in zip(
            event["rids"], event["rows"], event["from"], ends, strict=True
        ):
            if (turn := self.turns.runs(rid)) is not None:
                if turn.row is None:
                    turn.row, turn.starting = row, start
                turn.allocating = end

    def _launched(self, event: Event) -> None:
        for rid, start, upto in zip(event["rids"], event["from"], event["upto"], strict=True):
            if (turn := self.turns.runs(rid)) is not None:
                turn.launches.append(Launch(event["mode"] == "decode", start, upto))

    def _room(self, turn: Turn, upto: int) -> Iterator[Step]:
        """Generate how a turn gets its row, if it has just got it, and room up to `upto`."""
        if (found := turn.starting) is not None:
            turn.starting = None
            if turn.session in self.turns.slots:
                yield "resume", (turn.id,)
                turn.protected = turn.text_len
                yield from self._resumed(turn, found)
            else:
                yield from self._start(turn, found)
            turn.put_back = False
        if turn.row is not None and turn.allocated < upto:
            yield "reserve", (turn.id, upto)
            turn.allocated = upto

    def _start(self, turn: Turn, found: int) -> Iterator[Step]:
        """Generate a start; what it found that was not told to be there counts as computed."""
        pages = turn.pages(min(found, turn.text_len), self.page_size)
        hit = len(list(takewhile(self.published.__contains__, pages)))
        known = hit * self.page_size
        yield "start", (turn.id, hit)
        turn.protected = turn.allocated = known
        if known < found:
            yield from self._found(turn, found)

    def _resumed(self, turn: Turn, found: int) -> Iterator[Step]:
        """Generate what a turn that was put back finds of its own: that counts as computed."""
        turn.allocated = min(found, turn.history_len) if turn.put_back else found
        if turn.allocated < found:
            yield from self._found(turn, found)

    def _found(self, turn: Turn, found: int) -> Iterator[Step]:
        known = turn.allocated
        yield from self._room(turn, found)
        yield from self._computed(turn, Launch(False, known, found))

    # -- results

    def _read(self, event: Event, nested: list[Event]) -> Iterator[Step]:
        published = {e["rid"]: e["after"]["protected"] for e in nested if e["event"] == "kept"}
        ends = zip(event["rids"], event["output"], event["finished"], strict=True)
        for rid, num_output, reason in ends:
            turn = self.turns.live.get(rid)
            if turn is None or (turn.row is None and not turn.turned_away):
                continue  # over, or put back: nobody reads what was computed for it
            if turn.turned_away:
                if reason:
                    yield from self.turned_away(turn)
                continue
            yield from self._result(turn, num_output)
            yield from self._published(turn, published.get(rid, 0))
            if reason:
                yield from self._ended(turn, reason)

    def _published(self, turn: Turn, protected: int) -> Iterator[Step]:
        whole = min(protected, turn.text_len) // self.page_size * self.page_size
        if whole > turn.protected and not turn.aborting:
            turn.protected = whole
            self.published.update(turn.pages(whole, self.page_size))
            yield "publish", (turn.id,)

    def _result(self, turn: Turn, num_output: int) -> Iterator[Step]:
        launch = turn.launches.popleft()
        yield from self._room(turn, launch.upto)
        turn.num_tokens = turn.prompt_len + num_output
        if turn.aborting:
            turn.untold += launch.upto - launch.start
        else:
            yield from self._computed(turn, launch)

    def _computed(self, turn: Turn, launch: Launch) -> Iterator[Step]:
        yield ("decode", (turn.id,)) if launch.decodes else ("extend", (turn.id, launch.upto))
        yield "collect", (turn.id,)

    def _ended(self, turn: Turn, reason: dict[str, Any]) -> Iterator[Step]:
        if reason["type"] == "abort":
            yield from self._aborted(turn)
        else:
            for launch in turn.launches:
                yield from self._room(turn, launch.upto)
                if launch.upto <= turn.num_tokens:  # not so where no output was asked for
                    yield from self._computed(turn, Launch(False, launch.start, launch.upto))
            yield "finish", (turn.id, turn.num_tokens)
            if not turn.plain:
                self.turns.slots.add(turn.session)
            yield from self._over(turn)

    def _aborted(self, turn: Turn) -> Iterator[Step]:
        yield ("abort_nth" if turn.session in self.turns.slots else "abort_first"), (turn.id,)
        self.turns.slots.discard(turn.session)
        yield from self._over(turn)

    def _over(self, turn: Turn) -> Iterator[Step]:
        """Forget a turn. With that of a plain request goes all that it had."""
        del self.turns.live[turn.rid]
        if turn.plain:
            yield "end_close", (turn.session,)

    def _cut_off(self, event: Event) -> Iterator[Step]:
        """Generate how a turn ends between two batches: some releases end it there."""
        if (turn := self.turns.runs(event["rid"])) is not None and turn.row is not None:
            yield from self._aborted(turn)

    def turned_away(self, turn: Turn) -> Iterator[Step]:
        """Generate how a turn ends that never ran."""
        if turn.aborting:
            yield from self.ended_waiting(turn)
        else:
            yield "pre_abort", (turn.id, turn.turned_away)
            yield from self._over(turn)

    # -- memory pressure

    def _retracted(self, event: Event) -> Iterator[Step]:
        if (turn := self.turns.runs(event["rid"])) is not None and turn.row is not None:
            yield "retract", (turn.id,)
            turn.give_back()

    def _evicted(self, event: Event) -> Iterator[Step]:
        tokens, namespace = event["tokens"], self.namespace(event["extra_key"])
        names = page_names(tokens, self.page_size)
        first = (len(tokens) - event["own"]) // self.page_size
        gone = [i for i in range(first, len(names)) if (namespace, names[i]) in self.published]
        self.published.difference_update((namespace, names[i]) for i in gone)
        yield from self.evictions(namespace, tokens, names, gone)

    def namespace(self, extra_key: str | None) -> Any:
        """Return the driver's number of a namespace."""
        return int(extra_key or 0)

    def evictions(
        self, namespace: Any, tokens: list[int], _names: list[str], gone: list[int]
    ) -> Iterator[Step]:
        """Generate how pages leave the tree, the last one first."""
        for i in reversed(gone):
            yield "evict", (namespace, tuple(tokens[: (i + 1) * self.page_size]))


def ends_read(events: list[Event]) -> Iterator[str]:
    """Generate the requests of which a result said that they are over: some are read twice."""
    for event in events:
        if event["event"] == "result":
            ends = zip(event["rids"], event["finished"], strict=True)
            yield from (rid for rid, reason in ends if reason)


def _within(events: list[Event], place: int) -> list[Event]:
    """Return what happened in the course of one event."""
    depth, found = events[place]["depth"], []
    for event in events[place + 1 :]:
        if event["depth"] <= depth:
            break
        found.append(event)
    return found
