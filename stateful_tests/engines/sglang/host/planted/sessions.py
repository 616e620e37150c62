"""Planted in the life of sessions: history, turns in flight, close."""

from __future__ import annotations

from typing import Any

from stateful_tests.engines.sglang.host.planted.parts import (
    replaced,
    when_created,
    when_opened,
)


def pops_the_history(scheduler: Any) -> None:
    """A turn that is created takes the history with it; an aborted one does not bring it back."""

    def popped(session: Any, _req: Any) -> None:
        session.req_nodes.clear()

    when_created(scheduler, popped)


def forgets_the_last_token(scheduler: Any) -> None:
    """A later turn goes on without the last token that the model said."""

    def forgetful(session: Any) -> None:
        create = session.create_req

        def planted(*args: Any, **named: Any) -> Any:
            if not session.req_nodes:
                return create(*args, **named)
            [node] = session.req_nodes.values()
            with replaced(node.req, output_ids=node.req.output_ids[:-1]):
                return create(*args, **named)

        session.create_req = planted

    when_opened(scheduler, forgetful)


def lets_a_second_turn_in(scheduler: Any) -> None:
    """A second turn is let in while one runs."""

    def open_to_all(session: Any) -> None:
        create = session.create_req

        def planted(*args: Any, **named: Any) -> Any:
            session._inflight = False
            return create(*args, **named)

        session.create_req = planted

    when_opened(scheduler, open_to_all)


def stays_in_flight(scheduler: Any) -> None:
    """A session whose turn was aborted while it ran takes no further turn."""

    def planted(session: Any) -> None:
        session.abort_req = lambda: None

    when_opened(scheduler, planted)


def closes_under_a_turn(scheduler: Any) -> None:
    """A close frees row and KV while a turn still runs on them."""
    controller = scheduler.session_controller
    close = controller._close

    def planted(session_id: str) -> None:
        if controller.sessions[session_id]._inflight:
            scheduler.tree_cache.release_session(session_id)
        close(session_id)

    controller._close = planted


def never_completes_a_close(scheduler: Any) -> None:
    """A session that is closed while its turn runs stays for ever."""
    scheduler.session_controller._all_requests_finished = lambda _session: False


def leaves_a_closed_sessions_slot(scheduler: Any) -> None:
    """A close leaves row and KV behind, and who opens a session of that name goes on from them."""
    scheduler.tree_cache.release_session = lambda _session_id: None
