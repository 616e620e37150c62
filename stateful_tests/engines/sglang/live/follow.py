"""Follows one scheduler of a live server: what clients ask, what it does, and what slots keep.

Plain requests are not logged: the spec's word for their share of the tree is `hit`, which counts
only pages that sessions have published.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from spec.machine.trace import Step
from stateful_tests.engines.sglang.host.hooks import Hooks
from stateful_tests.engines.sglang.host.records import lengths
from stateful_tests.engines.sglang.host.tree import slots_of, tree_of
from stateful_tests.engines.sglang.live.careful import CarefulJournal
from stateful_tests.engines.sglang.live.log import Line, Log, line_of
from stateful_tests.engines.sglang.live.requests import Requests
from stateful_tests.engines.sglang.translate import Translator, ends_read
from stateful_tests.engines.sglang.turns import Turns


class LiveTranslator(Translator):
    """Names namespaces and pages as the server does."""

    def namespace(self, extra_key: str | None) -> str | None:
        """Return the server's own name."""
        return extra_key

    def evictions(
        self, namespace: Any, _tokens: Sequence[int], names: list[str], gone: list[int]
    ) -> Iterator[Step]:
        """Tell pages that leave the tree together by one step: their names, and how many."""
        if gone:
            yield "evict", (namespace, names[: gone[-1] + 1], len(gone))


class Follower:
    """Stands between a scheduler's loop and its requests, where an iteration begins."""

    def __init__(self, scheduler: Any, journal: CarefulJournal, hooks: Hooks, log: Log) -> None:
        self.scheduler, self.journal, self.log = scheduler, journal, log
        self.turns = Turns()
        self.translator = LiveTranslator(self.turns, scheduler.page_size)
        self.requests = Requests(scheduler, self.turns, self.translator)
        hooks.listen(scheduler, tree_of(scheduler, []))
        self._process = scheduler.process_input_requests
        scheduler.process_input_requests = self.process
        log.begin(
            page_size=scheduler.page_size,
            context_len=scheduler.max_req_len - 1,
            lookahead=1,
            untold=[],
        )

    def process(self, requests: Sequence[Any]) -> Any:
        """Do what the scheduler does with requests, one by one; log what went before, and them."""
        self.follow()
        result = None if requests else self._process(requests)
        for request in requests:
            self.journal.carefully(partial(self.requests.before, request))
            result = self._process([request])
            self.journal.carefully(partial(self._asked, request))
        self.journal.carefully(self._drop)
        return result

    def follow(self) -> None:
        """Log what the scheduler did since this was last asked."""
        self.journal.carefully(self._follow)

    def _asked(self, request: Any) -> None:
        self.log.write(self.requests.after(request, self.journal.taken()))

    def _follow(self) -> None:
        live, events = dict(self.turns.live), self.journal.taken()
        rids = (self.requests.ended | set(ends_read(events))) & self.requests.sessions.keys()
        self.requests.ended.clear()
        steps = list(self.translator.moves(events))
        for name, args in steps:
            if name == "finish":
                self.requests.finished(live[args[0]])
        steps += self._detached()
        self.log.write(map(line_of, steps))
        self.log.write(self._seen(rids))

    def _seen(self, rids: set[str]) -> Iterator[Line]:
        """Generate what is seen of the sessions of some requests; forget those that are over."""
        known = self.scheduler.session_controller.sessions
        for session in sorted({self.requests.sessions[rid] for rid in rids} & known.keys()):
            flag = getattr(known[session], "_inflight", None)
            told = {} if flag is None else {"in_flight": flag}
            if session not in {turn.session for turn in self.turns.live.values()}:
                told |= self._slot(session)
            yield {"do": "see", "session": session, "sees": told}
        for rid in rids - self.turns.live.keys():
            del self.requests.sessions[rid]

    def _slot(self, session: str) -> Line:
        """Return what a session's slot keeps."""
        slot = slots_of(self.scheduler).get(session)
        held = lengths(slot) if slot else {"row": None}
        if held["row"] is None:
            return {"slot": False}
        return {"slot": True, "committed": held["committed"], "allocated": held["allocated"]}

    def _detached(self) -> Iterator[Step]:
        """Generate how turns end that a release detaches some steps before it answers them."""
        sessions = self.scheduler.session_controller.sessions
        for turn in list(self.turns.live.values()):
            session = sessions.get(turn.session)
            if turn.turned_away and getattr(session, "_inflight", None) is False:
                yield from self.translator.turned_away(turn)

    def _drop(self) -> None:
        """Log which sessions are gone."""
        self.log.write(self.requests.dropped())
