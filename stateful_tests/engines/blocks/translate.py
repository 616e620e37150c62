"""What an engine did in a step, in the spec's words.

| the engine                                     | the spec                                    |
|------------------------------------------------|---------------------------------------------|
| schedules a request that did not run           | start: with the pages hit that the spec has |
| allocates for it, computes                     | reserve; extend or decode, and collect      |
| has cached all whole pages of its prompt       | publish                                     |
| takes a request's blocks away                  | retract                                     |
| hands out a cached page, and forgets its hash  | evict                                       |
| finishes a request                             | finish, end_close                           |

All requests of a batch are scheduled before any is computed, and a request may share pages with
one before it in the same batch. A device orders that rightly, so it is told request by request.
Pages cached before their prompt is complete, or behind it, are more than the spec speaks of.

With overlap a batch is launched before the last one is read, and what is freed between the two may
still be read by it. A device orders later batches behind it: a launch counts where it is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spec.machine.trace import Step
from stateful_tests.difference import Difference
from stateful_tests.engines.blocks.tree import Cached, cached
from stateful_tests.engines.blocks.turns import Key, Turn, Turns

Told = dict[str, Any]


class Translator:
    """Tells the moves of one step after the other, and keeps `turns` up to date."""

    def __init__(self, turns: Turns, page_size: int) -> None:
        self.turns, self.page_size = turns, page_size
        self.published = set[Key]()

    def moves(self, told: Told) -> Iterator[Step]:
        """Generate the moves of one step."""
        read = {launch["rid"]: launch for launch in told["read"]}
        over = {ended["rid"] for ended in told["ended"]}
        for rid in told["put_back"]:
            turn = self.turns.named(rid)
            yield from self._read(turn, read.pop(rid, None))
            if rid not in over:
                yield "retract", (turn.id,)
                turn.put_back()
        nodes = cached(told["launched"], self.page_size)
        yield from self.evicted(nodes)
        tables = {request["rid"]: request["table"] for request in told["launched"]["requests"]}
        order = [launch["rid"] for launch in told["batch"]]
        if len(order) != len(set(order)):
            words = f"one batch has a request twice: {order}"
            raise Difference("no_row_serves_two_turns", words)
        launched = {launch["rid"]: launch for launch in told["batch"]}
        for rid in dict.fromkeys([*read, *launched]):
            if rid not in self.turns.live and rid not in launched:
                continue  # it was aborted while its batch was not read
            turn = self.turns.named(rid)
            older = read.get(rid) if read.get(rid) != launched.get(rid) else None
            yield from self._read(turn, older, tables, nodes)
            if rid in launched:
                yield from self._launched(turn, launched[rid])
            yield from self._read(turn, None if older else read.get(rid), tables, nodes)
        for ended in told["ended"]:
            turn = self.turns.named(ended["rid"])
            del self.turns.live[turn.rid]
            yield "finish", (turn.id, len(turn.prompt) + len(ended["output"]))
            yield "end_close", (turn.session,)
        yield from self.evicted(cached(told["state"], self.page_size))

    def evicted(self, nodes: Cached) -> Iterator[Step]:
        """Generate what of the tree is gone, leaves first."""
        gone = self.published - nodes.keys()
        for key in sorted(gone, key=lambda key: -len(key[1])):
            yield "evict", key
        self.published -= gone

    def _launched(self, turn: Turn, launch: Told) -> Iterator[Step]:
        """Generate how a request gets what its part of a batch takes."""
        start, upto = launch["start"], launch["upto"]
        if turn.row is None:
            hit = self._hit(turn, start // self.page_size)
            yield "start", (turn.id, hit)
            turn.row, turn.protected = self.turns.next_row(), hit
            turn.allocated = turn.computed = hit * self.page_size
            yield from self._reserved(turn, start)
            yield from self._computed(turn, start)
        yield from self._reserved(turn, upto)

    def _reserved(self, turn: Turn, upto: int) -> Iterator[Step]:
        if turn.allocated < upto:
            yield "reserve", (turn.id, upto)
            turn.allocated = upto

    def _computed(self, turn: Turn, upto: int) -> Iterator[Step]:
        if turn.computed < upto:
            one_more = turn.computed + 1 == upto == turn.num_tokens > len(turn.prompt)
            yield ("decode", (turn.id,)) if one_more else ("extend", (turn.id, upto))
            yield "collect", (turn.id,)
            turn.computed = upto
            turn.num_tokens += int(upto == turn.num_tokens < turn.limit)

    def _hit(self, turn: Turn, found: int) -> int:
        """Return how many of the pages found are of the prompt, and published: the rest is more."""
        whole = min(found, len(turn.prompt) // self.page_size)
        for hit in range(whole):
            if turn.key(turn.prompt, hit + 1, self.page_size) not in self.published:
                return hit
        return whole

    def _read(
        self,
        turn: Turn,
        launch: Told | None,
        tables: dict[str, list[int]] | None = None,
        nodes: Cached | None = None,
    ) -> Iterator[Step]:
        """Generate what a result yields, and a publish if all whole pages of the prompt are found.

        A request that is put back in the same step has no table any more.
        """
        if launch is None:
            return
        yield from self._computed(turn, launch["upto"])
        whole = len(turn.prompt) // self.page_size
        if turn.protected >= whole or turn.computed < len(turn.prompt):
            return
        if tables is None or nodes is None:
            return
        keys = [turn.key(turn.prompt, i + 1, self.page_size) for i in range(whole)]
        pages = zip(keys, tables[turn.rid], strict=False)
        if all(page in nodes.get(key, ()) for key, page in pages):
            yield "publish", (turn.id,)
            turn.protected = whole
            self.published.update(keys)
