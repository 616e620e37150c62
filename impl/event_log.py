"""An engine that tells: every request and every move as a line of JSON, to be checked later.

`turnstile check` reads such a log and names the first event that the model forbids (docs/logs.md).
An engine without a log is another class, and pays nothing.
"""

from __future__ import annotations

import json
import time
from array import array
from collections.abc import Callable, Sequence
from hashlib import blake2b
from operator import index
from typing import Any, TextIO

from impl.config import EngineConfig
from impl.drafting.drafter import Drafter
from impl.engine import Engine
from impl.model.sampling import GREEDY, Sampling
from impl.moves import Move, each_page
from impl.refused import Reason, Refused

VERSION = 1

TURN, SESSION = ("turn",), ("session",)

ARGUMENTS = {
    "start": ("turn", "hit"),
    **dict.fromkeys(("reserve", "extend", "slide"), ("turn", "upto")),
    **dict.fromkeys(("resume", "decode", "collect", "publish", "retract"), TURN),
    "verify": ("turn", "drafts", "accepted"),
    "finish": ("turn", "n"),
    "pre_abort": ("turn", "why"),
    **dict.fromkeys(("abort_waiting", "abort_first", "abort_nth"), TURN),
    **dict.fromkeys(("end_close", "time_out", "reclaim"), SESSION),
}
"""What the arguments of a move are; `evict` names pages instead."""


class LoggedEngine(Engine):
    """Writes to `log`, one line for each event, in the order in which they happen."""

    def __init__(
        self,
        config: EngineConfig,
        log: TextIO,
        clock: Callable[[], float] = time.monotonic,
        drafter: Drafter | None = None,
    ) -> None:
        """Make the engine and write the first line: its sizes."""
        super().__init__(config, clock, drafter)
        self.log = log
        self.mechanism.remember = self._remember
        self._write(
            turnstile=VERSION,
            page_size=config.page_size,
            pages=config.num_pages,
            rows=config.num_rows,
            context_len=config.context_len,
            lookahead=config.lookahead,
            queue_limit=config.queue_limit,
            window=config.window,
            window_pages=config.window_pages,
            recurrents=config.recurrents,
        )

    # -- requests

    def open(self, session: int, namespace: int = 0) -> None:
        """Begin a session, as Engine does."""
        self._tell(
            lambda: super(LoggedEngine, self).open(session, namespace),
            do="open",
            session=session,
            namespace=namespace,
        )

    def submit(
        self,
        session: int,
        turn: int,
        tokens: Sequence[int],
        max_new_tokens: int,
        *,
        replace: bool = False,
        drop_previous_output: bool = False,
        offset: int = 0,
        sampling: Sampling = GREEDY,
        priority: int = 0,
    ) -> None:
        """Add a turn, as Engine does."""
        tokens, max_new_tokens = self._checked(tokens, max_new_tokens, sampling)
        known = self.sessions.get(session)
        is_later = known is not None and known.req_nodes is not None
        edits = (Reason.REPLACE, replace), (Reason.DROP_PREVIOUS_OUTPUT, drop_previous_output)
        edit = next((reason.value for reason, is_asked in edits if is_asked), None)
        self._tell(
            lambda: super(LoggedEngine, self).submit(
                session,
                turn,
                tokens,
                max_new_tokens,
                replace=replace,
                drop_previous_output=drop_previous_output,
                offset=offset,
                sampling=sampling,
                priority=priority,
            ),
            do="submit",
            session=session,
            turn=turn,
            new=len(tokens),
            max_new=max_new_tokens,
            edit=edit or ("offset" if offset else "append"),
            text=None if is_later else self._pages(tokens),
        )

    def generate(
        self,
        session: int,
        turn: int,
        tokens: Sequence[int],
        max_new_tokens: int,
        namespace: int = 0,
        sampling: Sampling = GREEDY,
        priority: int = 0,
    ) -> None:
        """Make a plain request, as Engine does."""
        tokens, max_new_tokens = self._checked(tokens, max_new_tokens, sampling)
        self._tell(
            lambda: super(LoggedEngine, self).generate(
                session, turn, tokens, max_new_tokens, namespace, sampling, priority
            ),
            do="generate",
            session=session,
            turn=turn,
            new=len(tokens),
            max_new=max_new_tokens,
            namespace=namespace,
            text=self._pages(tokens),
        )

    def abort(self, turn: int) -> None:
        """Ask for the end of a turn, as Engine does."""
        self._tell(lambda: super(LoggedEngine, self).abort(turn), do="abort", turn=turn)

    def close(self, session: int) -> None:
        """End a session, as Engine does."""
        self._tell(lambda: super(LoggedEngine, self).close(session), do="close", session=session)

    def _tell(self, request: Callable[[], None], **line: Any) -> None:
        """Perform a request, and write it with its answer; a ValueError is no event."""
        try:
            request()
        except Refused as refused:
            self._write(**line, answer=refused.reason.value)
            raise
        self._write(**line, answer="ok")

    # -- moves

    def _remember(self, moves: Sequence[Move]) -> None:
        self.self_check.remember(moves)
        for move in moves:
            self._moved(move)

    def _moved(self, move: Move) -> None:
        if move.name == "evict":
            for namespace, tokens in each_page(move, self.config.page_size):
                self._write(do="evict", namespace=namespace, pages=self._pages(tokens))
            return
        if move.name == "fail":
            self._write(do="abort", turn=move.args[0], answer="ok")
            return
        if move.name == "time_out":
            self._write(do="stay_silent", session=move.args[0], answer="ok")
        arguments = dict(zip(ARGUMENTS[move.name], move.args, strict=True))
        self._write(do=move.name, **arguments)

    def _pages(self, tokens: Sequence[int]) -> list[str]:
        """Return a name for each whole page: a digest of all tokens up to its end."""
        names, name, size = [], b"", self.config.page_size
        for end in range(size, len(tokens) + 1, size):
            page = array("q", tokens[end - size : end]).tobytes()
            name = blake2b(name + page, digest_size=8).digest()
            names.append(name.hex())
        return names

    def _write(self, **line: Any) -> None:
        event = {**line, "at": round(time.time(), 6)}
        self.log.write(json.dumps(event, default=index) + "\n")
