"""What is seen of a hosted release: its own state, in the words that all engines share.

A release counts KV as committed when its batch is launched, and lends a slot's row to a turn that
still waits; neither is told yet (see `translate`), so neither is shown. What it keeps of a turn
that it put back is shown as far as it is told (see `kept`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from stateful_tests.engines.observation import (
    Observation,
    SeenNode,
    SeenRow,
    SeenSession,
    SeenTurn,
)
from stateful_tests.engines.sglang.kept import Kept, as_told, kept
from stateful_tests.engines.sglang.turns import Turn, Turns

State = dict[str, Any]


class Eye:
    """Looks at states of one run. `first_row` is the number of the release's first row."""

    def __init__(
        self, turns: Turns, namespaces: dict[int, int], page_size: int, first_row: int
    ) -> None:
        self.turns, self.namespaces = turns, namespaces
        self.page_size, self.first_row = page_size, first_row
        self.finished: dict[str, Turn] = {}  # by the release's names
        self.kept: dict[int, Kept] = {}  # by session: of turns that were put back

    def observe(self, state: State) -> Observation:
        """Return what a state shows."""
        requests = {request["rid"]: request for request in state["requests"]}
        self.kept = {each.session: each for each in kept(self.turns, state["slots"])}
        rows = list(self._rows(state, requests))
        shown = {row.row for row in rows}
        beyond = list(self._beyond(state))
        aside = [*beyond, *self._aside(state, requests, shown | {row for row, _ in beyond})]
        return Observation(
            sessions=list(self._sessions(state, requests)),
            turns=list(self._turns(state, requests)),
            rows=rows,
            nodes=list(self._nodes(state)),
            free_pages=[page - 1 for page in state["free_pages"]],
            free_rows=[row - self.first_row for row in state["free_rows"]],
            aside_pages=[page for _, pages in aside for page in pages],
            aside_rows=[row for row, _ in aside if row not in shown],
        )

    # -- sessions and turns

    def _sessions(self, state: State, requests: dict[str, Any]) -> Iterator[SeenSession]:
        live = {turn.session: turn for turn in self.turns.live.values()}
        for x, plain in live.items():
            if plain.plain:
                yield SeenSession(x, plain.namespace, plain.id, None, None, closing=True)
        for session in state["sessions"]:
            x = int(session["id"])
            turn, flag = live.get(x), session["in_flight"]
            runs = turn is not None and not _is_over(requests.get(turn.rid))
            slot = self._slot(state, x, requests)
            yield SeenSession(
                x,
                self.namespaces[x],
                in_flight=_in_flight(turn if runs else None, flag),
                req_nodes=self._last(session["req_nodes"]),
                slot=slot,
                closing=session["closing"],
                shows_turns=flag is not None or not runs,
            )

    def _slot(self, state: State, x: int, requests: dict[str, Any]) -> int | None:
        """Return the row of a session's slot."""
        slot = state["slots"].get(str(x))
        if slot is None or slot["row"] is None or self._is_not_yet(x, slot["row"], requests):
            return None
        return int(slot["row"]) - self.first_row

    def _is_not_yet(self, x: int, row: int, requests: dict[str, Any]) -> bool:
        """Whether the row is that of a first turn, or of a stub: some releases enter it at once."""
        if x in self.kept:
            return self.kept[x].told is None
        users = (request for request in requests.values() if request["row"] == row)
        return x not in self.turns.slots and any(not _is_over(user) for user in users)

    def _last(self, rids: list[str]) -> int | None:
        """Return the last finished turn, or one that there is not where there are several."""
        if len(rids) > 1:
            return -1
        return self.finished[rids[0]].id if rids and rids[0] in self.finished else None

    def _turns(self, state: State, requests: dict[str, Any]) -> Iterator[SeenTurn]:
        for turn in self.turns.live.values():
            request = requests.get(turn.rid)
            if turn.turned_away or request is None:
                yield _as_sent(turn)
            else:
                yield self._turn(turn, request, turn.row)
        kept = {rid for session in state["sessions"] for rid in session["req_nodes"]}
        for rid in kept & self.finished.keys() - self.turns.live.keys():
            yield self._finished(self.finished[rid], requests[rid])

    def _turn(self, turn: Turn, request: dict[str, Any], row: int | None) -> SeenTurn:
        tokens = [*request["input"], *request["output"]]
        limit = len(request["input"]) + request["max_new_tokens"]
        at = None if row is None else row - self.first_row
        return SeenTurn(turn.id, turn.session, len(request["input"]), tokens, limit, None, at)

    def _finished(self, turn: Turn, request: dict[str, Any]) -> SeenTurn:
        """Return a finished turn; some releases append the next turn's tokens to its arrays."""
        tokens = [
            *request["input"][: turn.prompt_len],
            *request["output"][: turn.num_tokens - turn.prompt_len],
        ]
        limit = turn.prompt_len + request["max_new_tokens"]
        return SeenTurn(turn.id, turn.session, turn.prompt_len, tokens, limit, None, None)

    # -- rows, pages and the tree

    def _rows(self, state: State, requests: dict[str, Any]) -> Iterator[SeenRow]:
        """Generate the rows of running turns, then those of slots that no turn uses."""
        used = set()
        for turn in self.turns.live.values():
            if turn.row is not None and (request := requests.get(turn.rid)):
                used.add(turn.session)
                yield self._row(state, request, turn.session, turn.in_the_air)
        for name, slot in state["slots"].items():
            if int(name) in used or slot["row"] is None:
                continue
            if not self._is_not_yet(int(name), slot["row"], requests):
                held = as_told(_lent(slot, requests), self.kept.get(int(name)))
                yield self._row(state, held, int(name), 0)

    def _row(self, state: State, held: dict[str, Any], session: int, in_the_air: int) -> SeenRow:
        committed = held["committed"] - in_the_air
        return SeenRow(
            held["row"] - self.first_row if held["row"] is not None else -1,
            session,
            self._pages(state, held["row"], 0),
            held["protected"],
            committed,
            committed,
            held["allocated"],
        )

    def _pages(self, state: State, row: int | None, start: int) -> list[int]:
        """Return the pages that a row lists, from the one of position `start` on."""
        locations = state["rows"].get(str(row), {"locations": []})["locations"]
        size = self.page_size
        return [location // size - 1 for location in locations[start - start % size :: size]]

    def _aside(
        self, state: State, requests: dict[str, Any], shown: set[int]
    ) -> Iterator[tuple[int, list[int]]]:
        """Generate rows and pages of stubs, which the release runs in place of what it refuses."""
        for rid, request in requests.items():
            turn = self.turns.live.get(rid)
            is_stub = turn is None or turn.turned_away
            if is_stub and request["row"] is not None and not _is_over(request):
                row = request["row"] - self.first_row
                if row not in shown:
                    yield row, self._pages(state, request["row"], request["protected"])

    def _beyond(self, state: State) -> Iterator[tuple[int, list[int]]]:
        """Generate what slots hold beyond what is told, while turns that were put back wait."""
        for each in self.kept.values():
            start = -(-each.start // self.page_size) * self.page_size
            yield each.row - self.first_row, self._pages(state, each.row, start)

    def _untold_locks(self, state: State) -> Counter[int]:
        """Return how often slots that are not told lock each page of the tree."""
        untold = [each for each in self.kept.values() if each.told is None]
        ends = ((each.row, each.protected // self.page_size) for each in untold)
        return Counter(page for row, end in ends for page in self._pages(state, row, 0)[:end])

    def _nodes(self, state: State) -> Iterator[SeenNode]:
        """Generate the tree page by page; parents come first."""
        places: dict[int, int] = {}  # of a node of the release, the place of its last page
        place, size, untold = 0, self.page_size, self._untold_locks(state)
        for node in state["tree"]:
            parent = places.get(node["parent"])
            for i in range(0, len(node["tokens"]), size):
                page = node["locations"][i] // size - 1
                yield SeenNode(
                    int(node["extra_key"] or 0),
                    parent,
                    node["tokens"][i : i + size],
                    page,
                    node["lock_ref"] - untold[page],
                )
                parent, place = place, place + 1
            places[node["id"]] = place - 1


def _is_over(request: dict[str, Any] | None) -> bool:
    return request is None or request["status"] in ("over", "last")


def _in_flight(turn: Turn | None, flag: bool | None) -> int | None:
    """Return the turn in flight: none where the release's own mark and its queues disagree."""
    if flag is None:
        return turn.id if turn else None
    if flag and turn is None:
        return -1
    return turn.id if turn and flag else None


def _as_sent(turn: Turn) -> SeenTurn:
    """Return a turn as its client sent it: the release has a stub in its place."""
    return SeenTurn(turn.id, turn.session, turn.prompt_len, turn.prompt, turn.limit, None, None)


def _lent(slot: dict[str, Any], requests: dict[str, Any]) -> dict[str, Any]:
    """Return the lengths of a slot: those of the waiting request that has borrowed its row."""
    for request in requests.values():
        if request["row"] == slot["row"] and not _is_over(request):
            return request
    return slot
