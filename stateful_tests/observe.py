"""The abstraction function: the engine's state in the spec's words. It reads, it never repairs.

What the spec's words cannot even say (a page that is free and held, held twice, or neither) is a
Difference of its own.
"""

from __future__ import annotations

from collections import Counter

from impl.engine import Engine
from impl.record import KVRecord
from spec.machine.concrete import ConcreteState, Size
from spec.machine.rules import Rules
from spec.state import Held
from stateful_tests.difference import Difference


def observe(engine: Engine, rules: Rules, size: Size) -> ConcreteState:
    """Return the engine's state with the engine's own row and page numbers."""
    s = ConcreteState(rules, size)
    for x, session in engine.sessions.items():
        s.opened[x] = True
        s.closing[x] = session.closing
        if session.in_flight:
            s.in_flight[x] = session.in_flight.id
        if session.req_nodes:
            s.req_nodes[x] = session.req_nodes.id
        if session.slot:
            s.slot[x] = session.slot.row
    for t, turn in engine.turns.items():
        if turn.session:
            s.session[t] = turn.session.id
        s.prompt[t], s.tokens[t], s.limit[t] = turn.prompt_len, len(turn.tokens), turn.limit
        s.aborting[t] = turn.aborting
        if turn.record:
            s.row[t] = turn.record.row
            if turn.session and not turn.session.slot:
                _holds(s, turn.record, turn.session.id)
    for x, session in engine.sessions.items():
        if session.slot:
            _holds(s, session.slot, x)
    _pages(engine, s)
    return s


def _holds(s: ConcreteState, record: KVRecord, session: int) -> None:
    if record.row in s.holder.cells and s.holder[record.row] != session:
        raise Difference(
            "no_row_serves_two_sessions",
            f"row {record.row} belongs to sessions {s.holder[record.row]} and {session}",
        )
    s.holder[record.row] = session
    s.committed[record.row], s.allocated[record.row] = record.committed, record.allocated


def _pages(engine: Engine, s: ConcreteState) -> None:
    """Read which page each row lists, and check that rows and free list share out all pages."""
    size, listed = engine.config.page_size, Counter[int]()
    for r in s.holder.cells:
        locations = engine.rows.table[r, : s.allocated[r] : size].tolist()
        for i, location in enumerate(locations):
            page = location // size - 1  # page 0 is the padding page
            s.table[r, i] = page
            s.owner[page] = Held(r, i)
            listed[page] += 1
    free = Counter(page - 1 for page in engine.allocator.free_pages.tolist())
    for page in range(engine.config.num_pages):
        holders = listed[page] + free[page]
        if holders == 0:
            raise Difference("no_page_is_lost", f"page {page} is neither free nor in any row")
        if holders > 1:
            name = "no_page_is_free_and_held" if listed[page] else "no_page_is_free_twice"
            if listed[page] > 1:
                name = "no_page_has_two_holders"
            rows = [key for key, p in s.table.cells.items() if p == page]
            raise Difference(
                name,
                f"page {page} is free {free[page]} times and listed at (row, index) {rows}",
            )
    lost = set(range(engine.config.num_rows)) - set(engine.rows.free_rows) - set(s.holder.cells)
    if lost:
        raise Difference("no_row_is_lost", f"rows {sorted(lost)} are neither free nor in use")
    if double := set(engine.rows.free_rows) & set(s.holder.cells):
        raise Difference("no_row_is_free_and_held", f"rows {sorted(double)} are free and in use")
