"""What is seen of the reference engine."""

from __future__ import annotations

from collections.abc import Iterator

from impl.cache.radix_node import RadixNode
from impl.cache.record import KVRecord
from impl.engine import Engine
from stateful_tests.engines.observation import (
    Observation,
    SeenNode,
    SeenRow,
    SeenSession,
    SeenTurn,
)


def observe(engine: Engine) -> Observation:
    """Return the engine's whole state."""
    seen = Observation(
        sessions=list(_sessions(engine)),
        turns=list(_turns(engine)),
        rows=list(_rows(engine)),
        free_pages=[page - 1 for page in engine.allocator.free_pages.tolist()],
        free_rows=engine.rows.free_rows,
        sizes=engine.sizes._asdict(),
    )
    for namespace, root in engine.tree.roots.items():
        for node in root.children.values():
            _node(seen.nodes, namespace, node, None, engine.config.page_size)
    if window := engine.memory.window:
        seen.windowed = [p for p, held in enumerate(window.of_page.host[1:].tolist()) if held > 0]
    if recurrents := engine.memory.recurrents:
        seen.free_recurrents = recurrents.free_slots
    return seen


def _sessions(engine: Engine) -> Iterator[SeenSession]:
    for session in engine.sessions.values():
        yield SeenSession(
            session.id,
            session.namespace,
            in_flight=session.in_flight.id if session.in_flight else None,
            req_nodes=session.req_nodes.id if session.req_nodes else None,
            slot=session.slot.row if session.slot else None,
            closing=session.closing,
            stale=engine.controller.is_stale(session),
            text_len=session.first_prompt_len,
        )


def _turns(engine: Engine) -> Iterator[SeenTurn]:
    for t, turn in engine.turns.items():
        yield SeenTurn(
            t,
            turn.session.id if turn.session else None,
            turn.prompt_len,
            turn.tokens,
            turn.limit,
            turn.aborting,
            turn.record.row if turn.record else None,
        )


def _rows(engine: Engine) -> Iterator[SeenRow]:
    """Generate the rows of slots, and of turns whose session has none."""
    table = engine.rows.host.tolist()
    for turn in engine.turns.values():
        if turn.record and turn.session and not turn.session.slot:
            yield _row(turn.record, turn.session.id, table)
    for session in engine.sessions.values():
        if session.slot:
            yield _row(session.slot, session.id, table)


def _row(record: KVRecord, session: int, table: list[list[int]]) -> SeenRow:
    return SeenRow(
        record.row,
        session,
        [page - 1 for page in table[record.row]],  # page 0 is the padding page
        record.protected,
        record.committed,
        record.launched,
        record.allocated,
        record.cursor,
        record.recurrent,
    )


def _node(
    nodes: list[SeenNode], namespace: int, node: RadixNode, parent: int | None, size: int
) -> None:
    """Add the pages of a node and of those below it."""
    for k, page in enumerate(node.value.tolist()):
        tokens = node.key[k * size : (k + 1) * size]
        nodes.append(SeenNode(namespace, parent, tokens, page - 1, node.lock_ref))
        parent = len(nodes) - 1
    nodes[-1].recurrent = node.recurrent  # it stands where the node ends
    for child in node.children.values():
        _node(nodes, namespace, child, parent, size)
