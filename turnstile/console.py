"""Where commands print, and what a terminal shows while they work."""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.console import Console, RenderableType
from rich.live import Live

PIPE_WIDTH = 120
"""Columns where the output is no terminal: rich would take 80, too few for the tables."""

REDRAW_EVERY = 0.2  # seconds

STYLES = {
    "ok": "green",
    "proved": "green",
    "failed": "bold red",
    "refuted": "bold red",
    "unknown": "bold red",
    "running": "cyan",
    "interrupted": "yellow",
    "not run": "dim",
}
"""How a verdict looks."""


def make_console() -> Console:
    """Return a console on standard output that takes brackets in names for what they are."""
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = max(PIPE_WIDTH, console.width)
    return console


class Progress:
    """What is shown at the bottom of a terminal while a command works; nothing in a pipe."""

    def __init__(self, console: Console, show: Callable[[], RenderableType]) -> None:
        self._show, self._next = show, 0.0
        self._live = Live(console=console, transient=True, auto_refresh=False)
        self._is_shown = console.is_terminal

    def __enter__(self) -> Progress:
        """Begin to show it."""
        if self._is_shown:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Remove it."""
        if self._is_shown:
            self._live.stop()

    def __call__(self) -> None:
        """Redraw it, if it is time to: cheap enough to be called after every state."""
        if self._is_shown and (now := time.perf_counter()) >= self._next:
            self._next = now + REDRAW_EVERY
            self._live.update(self._show(), refresh=True)
