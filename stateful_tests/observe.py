"""The abstraction function: the engine's state in the spec's words. It reads, it never repairs.

What the spec's words cannot even say (a page that is free and held, held twice, or neither) is a
Difference of its own.
"""

from __future__ import annotations

from collections import Counter

from impl.engine import Engine
from impl.radix_node import RadixNode
from impl.record import KVRecord
from impl.session import Session
from spec.machine.concrete import ConcreteState
from spec.state import Held
from stateful_tests.difference import Difference
from stateful_tests.prompts import Prompts


def observe(engine: Engine, spec: ConcreteState, prompts: Prompts) -> ConcreteState:
    """Return the engine's state with the engine's own row, page and recurrent state numbers.

    `spec` says which text a session was given, where the engine's tokens bear it out, and what only
    the spec has.
    """
    s = ConcreteState(spec.rules, spec.size)
    for session in engine.sessions.values():
        _session(engine, s, session)
        _text(s, session, spec.text[session.id], prompts)
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
    _tree(engine, s, prompts)
    _pages(engine, s)
    _ghosts(s, spec)
    return s


def _session(engine: Engine, s: ConcreteState, session: Session) -> None:
    x = session.id
    s.opened[x] = True
    s.closing[x] = session.closing
    s.stale[x] = engine.controller.is_stale(session)
    s.namespace[x] = session.namespace
    if session.in_flight:
        s.in_flight[x] = session.in_flight.id
    if session.req_nodes:
        s.req_nodes[x] = session.req_nodes.id
    if session.slot:
        s.slot[x] = session.slot.row


def _text(s: ConcreteState, session: Session, text: int | None, prompts: Prompts) -> None:
    """Read the length of the first prompt, and whether the session's turns begin with it."""
    length = s.text_len[session.id] = session.first_prompt_len
    turn = session.req_nodes or session.in_flight
    if turn is None or text is None:
        return
    said = prompts.first(text, length)
    if turn.tokens[:length] != said:
        raise Difference(
            "turns_begin_with_the_first_prompt",
            f"turn {turn.id} does not begin with the first prompt of session {session.id}",
            f"{said}",
            f"{turn.tokens[:length]}",
        )
    s.text[session.id] = text


def _holds(s: ConcreteState, record: KVRecord, session: int) -> None:
    r = record.row
    if r in s.holder.cells and s.holder[r] != session:
        raise Difference(
            "no_row_serves_two_sessions",
            f"row {r} belongs to sessions {s.holder[r]} and {session}",
        )
    s.holder[r] = session
    s.protected[r], s.cursor[r] = record.protected, record.cursor
    s.committed[r], s.launched[r] = record.committed, record.launched
    s.allocated[r] = record.allocated
    if record.recurrent is not None:
        s.recurrent[r] = record.recurrent
        s.user[record.recurrent] = r


def _tree(engine: Engine, s: ConcreteState, prompts: Prompts) -> None:
    """Read which prefix each page of the tree ends, and its locks."""
    for namespace, root in engine.tree.roots.items():
        for node in root.children.values():
            _node(s, namespace, node, (0, 0), prompts)


def _node(
    s: ConcreteState, namespace: int, node: RadixNode, at: tuple[int, int], prompts: Prompts
) -> None:
    """Read a node and those below it; `at` names what is above: a text, and its pages so far."""
    (text, i), size = at, s.size.page_size
    for k, location in enumerate(node.value[::size].tolist()):
        found = prompts.next(text, i, node.key[k * size : (k + 1) * size])
        if found is None or namespace >= s.size.namespaces:
            raise Difference(
                "the_tree_holds_first_prompts_only",
                f"no text of namespace {namespace} says {node.tokens}",
            )
        text, page = found, location // size - 1
        prefix = s.size.all_texts.prefix(namespace, text, i)
        s.cached[prefix] = page
        s.locks[prefix] = node.lock_ref
        if page in s.node.cells:
            raise Difference("no_page_has_two_holders", f"page {page} belongs to two nodes")
        s.node[page] = prefix
        i += 1
    for child in node.children.values():
        _node(s, namespace, child, (text, i), prompts)


def _pages(engine: Engine, s: ConcreteState) -> None:
    """Read which page each row lists, and check that all pages are shared out."""
    size, listed = engine.config.page_size, Counter[int]()
    table = engine.rows.table[:, ::size].tolist()
    for r in s.holder.cells:
        for i in range(s.pages(s.allocated[r])):
            page = table[r][i] // size - 1  # page 0 is the padding page
            s.table[r, i] = page
            if i >= s.whole(s.protected[r]):
                s.owner[page] = Held(r, i)
                listed[page] += 1
    free = Counter(page - 1 for page in engine.allocator.free_pages.tolist())
    for page in range(engine.config.num_pages):
        if listed[page] + free[page] + (page in s.node.cells) != 1:
            raise _misplaced(s, page, free[page], listed[page])
    if window := engine.memory.window:
        for page, held in enumerate(window.of_page[1:].tolist()):
            s.windowed[page] = held > 0
    _rows(engine, s)
    _recurrents(engine, s)


def _misplaced(s: ConcreteState, page: int, free: int, listed: int) -> Difference:
    cached = page in s.node.cells
    if free + listed + cached == 0:
        words = f"page {page} is neither free nor in the tree nor in any row"
        return Difference("no_page_is_lost", words)
    name = "no_page_is_free_and_held" if listed or cached else "no_page_is_free_twice"
    if listed + cached > 1:
        name = "no_page_has_two_holders"
    rows = [key for key, p in s.table.cells.items() if p == page]
    words = f"page {page} is free {free} times and listed at (row, index) {rows}"
    return Difference(name, words + (", and in the tree" if cached else ""))


def _rows(engine: Engine, s: ConcreteState) -> None:
    lost = set(range(engine.config.num_rows)) - set(engine.rows.free_rows) - set(s.holder.cells)
    if lost:
        raise Difference("no_row_is_lost", f"rows {sorted(lost)} are neither free nor in use")
    if double := set(engine.rows.free_rows) & set(s.holder.cells):
        raise Difference("no_row_is_free_and_held", f"rows {sorted(double)} are free and in use")


def _recurrents(engine: Engine, s: ConcreteState) -> None:
    """Check that all recurrent states are shared out."""
    pool = engine.memory.recurrents
    free = Counter(pool.free_slots if pool else [])
    held = Counter(s.recurrent.cells.values())
    for m in range(engine.config.recurrents):
        if free[m] + held[m] == 0:
            words = f"recurrent state {m} is neither free nor any row's"
            raise Difference("no_recurrent_state_is_lost", words)
        if free[m] + held[m] > 1:
            words = f"recurrent state {m} is free {free[m]} times and that of {held[m]} rows"
            raise Difference("no_recurrent_state_has_two_holders", words)


def _ghosts(s: ConcreteState, spec: ConcreteState) -> None:
    """Copy what no engine shows from the spec's row of the same session.

    Of KV that the spec does not have at all it remembers nothing: what is wrong with such a row is
    for other properties to say.
    """
    rows = {x: r for r, x in spec.holder.cells.items()}
    for r, x in s.holder.cells.items():
        s.faithful[r] = spec.faithful[rows[x]] if x in rows else s.committed[r]
