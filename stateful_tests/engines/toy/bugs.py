"""Bugs of the toy engine, planted on purpose: `turnstile fuzz --engine` catches each by name."""

from __future__ import annotations

from stateful_tests.engines.toy.adapter import Toy
from stateful_tests.engines.toy.engine import Row, ToyEngine, Turn, attend
from stateful_tests.setting import Setting


class FreesUnderATurn(ToyEngine):
    """A close frees the KV at once, also that of a turn which runs on."""

    def close(self, session: int) -> None:
        """End a session. Raises RefusedError."""
        super().close(session)
        closing = self.sessions.get(session)
        if closing and closing.turn and closing.turn.row:
            self.free_pages += closing.turn.row.pages


class FreesInsideAPage(ToyEngine):
    """What is trimmed includes the page that still has a token."""

    def _trim(self, row: Row, length: int) -> None:
        row.length = min(row.length, length)
        self.free_pages += row.pages[row.length // self.page_size :]
        del row.pages[self._num_pages(row.length) :]


class LooksBackAtTheCacheOnly(ToyEngine):
    """The tokens that are computed together do not look at one another."""

    def _attended(self, turn: Turn, row: Row, position: int) -> int:
        past = self.read(row, row.length)
        return attend(turn.session.namespace, past, turn.tokens[position])


def frees_under_a_turn(setting: Setting) -> Toy:
    """Make a toy with this bug."""
    return Toy(setting, FreesUnderATurn)


def frees_inside_a_page(setting: Setting) -> Toy:
    """Make a toy with this bug."""
    return Toy(setting, FreesInsideAPage)


def looks_back_at_the_cache_only(setting: Setting) -> Toy:
    """Make a toy with this bug."""
    return Toy(setting, LooksBackAtTheCacheOnly)
