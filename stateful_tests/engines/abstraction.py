"""The abstraction function: what is observed of an engine, in the spec's words.

What the spec's words cannot even say (a page that is free and held, held twice, or neither) is a
Difference of its own.
"""

from __future__ import annotations

from collections import Counter

from spec.machine.concrete import ConcreteState
from spec.state import Held
from stateful_tests.difference import Difference
from stateful_tests.engines.observation import Observation, SeenNode, SeenRow, SeenSession
from stateful_tests.prompts import Prompts


def abstract(
    seen: Observation, spec: ConcreteState, prompts: Prompts, num_pages: int, *, shares_more: bool
) -> ConcreteState:
    """Return the observed state, with the engine's own row, page and recurrent state numbers.

    `spec` says which text a session was given, where the engine's tokens bear it out, and what the
    engine does not show. Its pool has `num_pages`; `shares_more` is as in `Engine`.
    """
    s = ConcreteState(spec.rules, spec.size)
    for session in seen.sessions:
        _session(s, session, spec)
    for turn in seen.turns:
        t = turn.id
        if turn.session is not None:
            s.session[t] = turn.session
        s.prompt[t], s.tokens[t], s.limit[t] = turn.prompt_len, len(turn.tokens), turn.limit
        s.aborting[t] = spec.aborting[t] if turn.aborting is None else turn.aborting
        if turn.row is not None:
            s.row[t] = turn.row
    for session in seen.sessions:
        if not session.shows_turns:
            _last_turn(s, spec, session.id)
    _texts(s, seen, spec, prompts)
    more = _nodes(s, seen, spec, prompts, shares_more)
    told = _told(seen, spec) if shares_more else None
    for row in seen.rows:
        _row(s, row, more, told.get(row.session, 0) if told is not None else None)
    if told is not None:
        _locks(s, seen)
    for page in seen.windowed:
        s.windowed[page] = True
    _pages(s, seen, num_pages, more if shares_more else None)
    _rows(s, seen)
    _recurrents(s, seen)
    _ghosts(s, spec)
    return s


def _session(s: ConcreteState, session: SeenSession, spec: ConcreteState) -> None:
    x = session.id
    s.opened[x], s.namespace[x] = True, session.namespace
    s.closing[x] = spec.closing[x] if session.closing is None else session.closing
    s.stale[x] = spec.stale[x] if session.stale is None else session.stale
    turns = session if session.shows_turns else None
    in_flight = turns.in_flight if turns else spec.in_flight[x]
    req_nodes = turns.req_nodes if turns else spec.req_nodes[x]
    if in_flight is not None:
        s.in_flight[x] = in_flight
    if req_nodes is not None:
        s.req_nodes[x] = req_nodes
    if session.slot is not None:
        s.slot[x] = session.slot


def _last_turn(s: ConcreteState, spec: ConcreteState, x: int) -> None:
    """Copy the last finished turn of a session that does not show it."""
    t = spec.req_nodes[x]
    if t is not None:
        s.session[t], s.prompt[t] = spec.session[t], spec.prompt[t]
        s.tokens[t], s.limit[t] = spec.tokens[t], spec.limit[t]


def _texts(s: ConcreteState, seen: Observation, spec: ConcreteState, prompts: Prompts) -> None:
    """Read how long first prompts are, and whether the turns of a session begin with its own."""
    tokens = {turn.id: turn.tokens for turn in seen.turns}
    for session in seen.sessions:
        x = session.id
        length = spec.text_len[x] if session.text_len is None else session.text_len
        s.text_len[x] = length
        turns = [t for t in (s.req_nodes[x], s.in_flight[x]) if t in tokens]
        if spec.text[x] is None or (session.shows_turns and not turns):
            continue
        said = prompts.first(spec.text[x], length)
        if turns and (found := list(tokens[turns[0]][:length])) != said:
            raise Difference(
                "turns_begin_with_the_first_prompt",
                f"turn {turns[0]} does not begin with the first prompt of session {x}",
                f"{said}",
                f"{found}",
            )
        s.text[x] = spec.text[x]


def _row(s: ConcreteState, row: SeenRow, more: set[int], told: int | None) -> None:
    """Read a row, and the pages that it lists; behind its protected prefix they are its own.

    What it reads from the tree beyond what is `told`, of an engine that shares more than the spec
    speaks of, counts as the row's own: each such page gets a number that no page has.
    """
    r = row.row
    if r in s.holder.cells:
        held = f"row {r} belongs to sessions {s.holder[r]} and {row.session}"
        if s.holder[r] != row.session:
            raise Difference("no_row_serves_two_sessions", held)
        raise Difference("no_row_serves_two_turns", f"{held}, to two of its turns")
    if len(row.pages) < s.pages(row.allocated):
        words = f"row {r} of session {row.session} has {row.allocated} tokens allocated"
        raise Difference("a_row_lists_a_page_for_each_token", f"{words}, and lists {row.pages}")
    s.holder[r] = row.session
    protected = row.protected if told is None else min(row.protected, told)
    s.protected[r], s.committed[r] = protected, row.committed
    s.launched[r], s.allocated[r] = row.launched, row.allocated
    s.cursor[r] = protected if row.cursor is None else row.cursor
    if row.recurrent is not None:
        s.recurrent[r] = row.recurrent
        s.user[row.recurrent] = r
    for i in range(s.pages(row.allocated)):
        page = row.pages[i]
        if told is not None and i >= s.whole(protected) and (page in more or page in s.node.cells):
            page = s.size.pages + r * s.size.indices + i
        s.table[r, i] = page
        if i >= s.whole(protected):
            s.owner[page] = Held(r, i)


def _told(seen: Observation, spec: ConcreteState) -> dict[int, int]:
    """Return how much each session's row reads from the tree by the spec, which may be less."""
    if wrong := [row.row for row in seen.rows if row.protected % spec.size.page_size]:
        words = f"rows {wrong} read parts of pages from the tree"
        raise Difference("the_protected_prefix_is_page_aligned", words)
    return {x: spec.protected[r] for r, x in spec.holder.cells.items()}


def _locks(s: ConcreteState, seen: Observation) -> None:
    """Leave out the locks of rows that read a page as more than the spec speaks of."""
    for row in seen.rows:
        for i in range(s.whole(s.protected[row.row]), s.whole(row.protected)):
            if (prefix := s.node[row.pages[i]]) is not None:
                s.locks[prefix] = s.locks[prefix] - 1


def _nodes(
    s: ConcreteState, seen: Observation, spec: ConcreteState, prompts: Prompts, shares_more: bool
) -> set[int]:
    """Read which prefix each page of the tree ends, and its locks; return the pages of more.

    The tree of some engines has more than was published, or than any first prompt says.
    """
    more = set[int]()
    ends: list[tuple[int, int] | None] = []  # the least text that says so much, and its length
    for node in seen.nodes:
        before = (0, 0) if node.parent is None else ends[node.parent]
        text = _text(s, node, before, prompts)
        if text is None and not shares_more:
            raise Difference(
                "the_tree_holds_first_prompts_only",
                f"no text of namespace {node.namespace} goes on with {list(node.tokens)}",
            )
        if node.page in s.node.cells or node.page in more:
            raise Difference("no_page_has_two_holders", f"page {node.page} belongs to two nodes")
        if text is None or before is None:
            ends.append(None)
            more.add(node.page)
            continue
        ends.append((text, before[1] + 1))
        prefix = s.size.all_texts.prefix(node.namespace, text, before[1])
        if shares_more and spec.cached[prefix] is None:
            more.add(node.page)
            continue
        s.cached[prefix], s.locks[prefix] = node.page, node.locks
        s.node[node.page] = prefix
        if node.recurrent is not None:
            s.kept[prefix], s.keeper[node.recurrent] = node.recurrent, prefix
    return more


def _text(
    s: ConcreteState, node: SeenNode, before: tuple[int, int] | None, prompts: Prompts
) -> int | None:
    """Return the least text that says a page after those before it, if any does."""
    if before is None or node.namespace >= s.size.namespaces or before[1] >= s.size.indices:
        return None
    return prompts.next(*before, node.tokens)


def _pages(s: ConcreteState, seen: Observation, num_pages: int, more: set[int] | None) -> None:
    """Check that all pages are shared out: those of `more`, if an engine shares more, to the tree.

    Its rows may then read any page of the tree.
    """
    shared = set[int]() if more is None else more | s.node.cells.keys()
    listed = Counter(
        row.pages[i]
        for row in seen.rows
        for i in range(s.whole(s.protected[row.row]), s.pages(row.allocated))
        if row.pages[i] not in shared
    )
    listed.update(more or ())
    listed.update(page for page in seen.aside_pages if more is None or page not in more)
    free = Counter(seen.free_pages)
    for page in range(num_pages):
        if listed[page] + free[page] + (page in s.node.cells) != 1:
            raise _misplaced(s, page, free[page], listed[page])


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


def _rows(s: ConcreteState, seen: Observation) -> None:
    """Check that all rows are shared out."""
    held = {*s.holder.cells, *seen.aside_rows}
    if lost := set(range(s.size.rows)) - set(seen.free_rows) - held:
        raise Difference("no_row_is_lost", f"rows {sorted(lost)} are neither free nor in use")
    if double := held & set(seen.free_rows):
        raise Difference("no_row_is_free_and_held", f"rows {sorted(double)} are free and in use")


def _recurrents(s: ConcreteState, seen: Observation) -> None:
    """Check that all recurrent states are shared out."""
    free, kept = Counter(seen.free_recurrents), Counter(s.kept.cells.values())
    held = Counter(s.recurrent.cells.values())
    for m in range(s.size.recurrents):
        holders = free[m] + held[m] + kept[m]
        if holders == 0:
            words = f"recurrent state {m} is neither free nor any row's nor the tree's"
            raise Difference("no_recurrent_state_is_lost", words)
        if holders > 1:
            words = f"recurrent state {m} is free {free[m]} times and that of {held[m]} rows"
            words += f" and of {kept[m]} nodes"
            raise Difference("no_recurrent_state_has_two_holders", words)


def _ghosts(s: ConcreteState, spec: ConcreteState) -> None:
    """Copy what no engine shows from the spec's row of the same session.

    Of KV that the spec does not have at all it remembers nothing: what is wrong with such a row is
    for other properties to say.
    """
    rows = {x: r for r, x in spec.holder.cells.items()}
    for r, x in s.holder.cells.items():
        s.faithful[r] = spec.faithful[rows[x]] if x in rows else s.committed[r]
        if (m := s.recurrent[r]) is not None:
            s.summed[m] = spec.summed[spec.recurrent[rows[x]]] if x in rows else s.committed[r]
    for prefix, m in s.kept.cells.items():
        s.summed[m] = s.length(s.last[prefix] + 1)
