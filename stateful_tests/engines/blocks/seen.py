"""What is seen of a hosted engine, in the words that all engines share."""

from __future__ import annotations

from collections import Counter
from typing import Any

from stateful_tests.engines.blocks.tree import Cached, State, cached, free_pages, seen_nodes
from stateful_tests.engines.blocks.turns import Turn, Turns
from stateful_tests.engines.observation import Observation, SeenRow, SeenSession, SeenTurn

Request = dict[str, Any]


def observe(state: State, turns: Turns, page_size: int) -> Observation:
    """Return what a state shows. A request is a session of its own."""
    nodes = cached(state, page_size)
    shown = [(turns.named(request["rid"]), request) for request in state["requests"]]
    running = [(turn, r) for turn, r in shown if r["is_running"] and turn.row is not None]
    elsewhere, read = Counter[int](), set[int]()
    rows = list[SeenRow]()
    for turn, request in running:
        prefix = _prefix(turn, request, nodes, page_size)
        table = request["table"]
        read.update(table[: len(prefix)])
        elsewhere.update(table[len(prefix) :])
        rows.append(_row(turn, request, [*prefix, *table[len(prefix) :]], len(prefix) * page_size))
    return Observation(
        sessions=[SeenSession(t.session, t.namespace, t.id, None, None) for t, _ in shown],
        turns=[_turn(turn, request) for turn, request in shown],
        rows=rows,
        nodes=seen_nodes(state, nodes, page_size, elsewhere),
        free_pages=free_pages(state, nodes),
        free_rows=turns.free_rows,
        aside_pages=list(read - {pages[0] for pages in nodes.values()} - elsewhere.keys()),
    )


def _prefix(turn: Turn, request: Request, nodes: Cached, page_size: int) -> list[int]:
    """Return the nodes' pages that a request reads, or reads others of the same: its first ones."""
    prefix = list[int]()
    computed = request["computed"] - request["in_flight"]
    for i, page in enumerate(request["table"][: computed // page_size]):
        pages = nodes.get(turn.key(request["tokens"], i + 1, page_size), [])
        if page not in pages:
            break
        prefix.append(pages[0])
    return prefix


def _turn(turn: Turn, request: Request) -> SeenTurn:
    row = turn.row if request["is_running"] else None
    tokens, prompt_len = request["tokens"], request["prompt_len"]
    return SeenTurn(turn.id, turn.session, prompt_len, tokens, turn.limit, None, row)


def _row(turn: Turn, request: Request, pages: list[int], protected: int) -> SeenRow:
    """Return what a running request holds. Pages are the engine's, rows are numbered here."""
    assert turn.row is not None, f"turn {turn.id} runs"
    allocated = request["computed"]
    computed = allocated - request["in_flight"]
    return SeenRow(turn.row, turn.session, pages, protected, computed, computed, allocated)
