"""What clients ask of a live server, in the spec's words.

The release has no namespace for a session, but one for each request: a session is told to open when
its first request says which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from spec.state import Edit, Why
from stateful_tests.engines.sglang.live.log import Line, line_of
from stateful_tests.engines.sglang.pages import page_names
from stateful_tests.engines.sglang.translate import Translator
from stateful_tests.engines.sglang.turns import Turn, Turns

TOO_LONG = "exceeds"
"""What the release says of a prompt that does not fit, and of nothing else that it refuses."""


class Requests:
    """The streaming sessions of a server, and their turns."""

    def __init__(self, scheduler: Any, turns: Turns, translator: Translator) -> None:
        self.scheduler, self.turns, self.translator = scheduler, turns, translator
        self.page_size = scheduler.page_size
        self.sessions: dict[str, str] = {}  # of requests that are not over, refused ones too
        self.ended: set[str] = set()  # requests that are over, and not looked at yet
        self._open: dict[str, bool] = {}  # streaming sessions, and whether that is told
        self._later: dict[str, list[Line]] = {}  # what is told when that is
        self._closing: set[str] = set()
        self._text_lens: dict[str, int] = {}  # of sessions with a first turn that ran
        self._existed = False  # the session that is asked to open
        self._waited: set[str] = set()  # requests that waited when an abort came
        self._tellers: dict[str, Callable[..., Iterator[Line]]] = {
            "OpenSessionReqInput": self._opened,
            "TokenizedGenerateReqInput": self._submitted,
            "AbortReq": self._aborted,
            "CloseSessionReqInput": self._closed,
        }

    @property
    def _known(self) -> Any:
        return self.scheduler.session_controller.sessions

    def before(self, request: Any) -> None:
        """Note what will not be seen any more when a request was processed."""
        self._existed = getattr(request, "session_id", None) in self._known
        self._waited = self._waiting()

    def after(self, request: Any, events: list[Line]) -> list[Line]:
        """Return what a processed request amounts to."""
        tell = self._tellers.get(type(request).__name__)
        return list(tell(request, events)) if tell else []

    def dropped(self) -> Iterator[Line]:
        """Generate how sessions ended that are gone."""
        for session in self._open.keys() - self._known.keys():
            yield from self._told_open(session, None)
            if session in self._closing:
                yield {"do": "end_close", "session": session}
            else:
                yield {"do": "stay_silent", "session": session}
                yield {"do": "time_out", "session": session}
            self._forget(session)

    # -- one kind each

    def _opened(self, request: Any, _events: list[Line]) -> Iterator[Line]:
        session = request.session_id
        if self._existed and session in self._open:
            again = {"do": "open", "session": session, "answer": "already_open"}
            if self._open[session]:
                yield again
            else:
                self._later.setdefault(session, []).append(again)
        elif getattr(request, "streaming", None) and session in self._known:
            self._open[session] = False

    def _submitted(self, request: Any, events: list[Line]) -> Iterator[Line]:
        session = getattr(request.session_params, "id", None)
        if session not in self._open:
            return
        yield from self._told_open(session, request.extra_key)
        self.sessions[request.rid] = session
        refused = [event["words"] for event in events if event["event"] == "refused"]
        line = {
            "do": "submit",
            "session": session,
            "turn": request.rid,
            "new": len(request.input_ids),
            "max_new": 0,
            "edit": _edit(request.session_params),
            "answer": "ok",
        }
        if any(TOO_LONG not in words for words in refused):
            yield line | {"answer": "refused"}
            return
        req = next((r for r in self.scheduler.waiting_queue if r.rid == request.rid), None)
        if req is None:  # it waits for something else first, such as a grammar
            return
        context_len = self.scheduler.max_req_len
        max_new = context_len if refused else req.sampling_params.max_new_tokens
        prompt = list(request.input_ids if refused else req.origin_input_ids)
        turn = Turn(
            request.rid,
            request.rid,
            session,
            request.extra_key,
            prompt,
            limit=len(prompt) + max_new,
            text_len=self._text_lens.get(session, len(prompt)),
            history_len=len(prompt) - len(request.input_ids),
            num_tokens=len(prompt),
            turned_away=Why.TOO_LONG if refused else "",
        )
        self.turns.live[request.rid] = turn
        line |= {"max_new": max_new, "text": page_names(prompt, self.page_size)}
        yield line if refused else line | {"sees": {"tokens": len(prompt)}}

    def _aborted(self, request: Any, _events: list[Line]) -> Iterator[Line]:
        dropped = self._waited - self._waiting()
        for turn in list(self.turns.live.values()):
            if not (request.abort_all or turn.rid.startswith(request.rid)) or turn.aborting:
                continue
            turn.aborting = True
            yield {"do": "abort", "turn": turn.rid, "answer": "ok"}
            if turn.rid in dropped:
                yield from map(line_of, self.translator.ended_waiting(turn))
                self.ended.add(turn.rid)

    def _closed(self, request: Any, _events: list[Line]) -> Iterator[Line]:
        session = request.session_id
        if session not in self._open:
            return
        yield from self._told_open(session, None)
        yield {"do": "close", "session": session, "answer": "ok"}
        if session in self._known:
            self._closing.add(session)
        else:
            self._forget(session)

    # -- sessions

    def _waiting(self) -> set[str]:
        return {req.rid for req in self.scheduler.waiting_queue}

    def _told_open(self, session: str, namespace: str | None) -> Iterator[Line]:
        """Tell that a session is open, if that is not told."""
        if not self._open[session]:
            self._open[session] = True
            yield {"do": "open", "session": session, "namespace": namespace, "answer": "ok"}
            yield from self._later.pop(session, [])

    def finished(self, turn: Turn) -> None:
        """Note that a turn finished: the first one says what the session's text is."""
        self._text_lens.setdefault(turn.session, turn.prompt_len)

    def _forget(self, session: str) -> None:
        del self._open[session]
        self._closing.discard(session)
        self._text_lens.pop(session, None)
        self.turns.slots.discard(session)


def _edit(params: Any) -> Edit:
    """Return how a request asks to treat the history."""
    if params.replace:
        return Edit.REPLACE
    if getattr(params, "drop_previous_output", False):
        return Edit.DROP_PREVIOUS_OUTPUT
    return Edit.OFFSET if params.offset else Edit.APPEND
