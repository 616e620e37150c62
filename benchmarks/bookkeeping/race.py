"""All engines in turn, point by point: whatever slows the machine down slows all of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.bookkeeping.point import Point
from benchmarks.bookkeeping.stopwatch import OPERATIONS
from stateful_tests.engines.hosting.client import ROOT, Client
from stateful_tests.engines.sglang.install import folder_of, installed, python_of
from stateful_tests.engines.sglang.releases import requirement

OURS = "ours"
HOST = "benchmarks.bookkeeping.host"
RELEASES = ("0.5.11", "0.5.23")

LIMIT = 900.0
"""Seconds for one answer: to make a thousand sessions takes some."""

WARM_UP = 2
"""Rounds that are not counted: what is done once only is done in them."""

Turns = dict[str, float]
"""Microseconds by operation, of one turn."""


def missing() -> list[str]:
    """Return the releases that are not installed, as an installer calls them."""
    return [requirement(release) for release in RELEASES if release not in installed()]


@dataclass(frozen=True)
class Result:
    """What was timed at one point, by engine."""

    point: Point
    turns: dict[str, list[Turns]]

    def operation(self, engine: str, name: str) -> float:
        """Return the median microseconds of one operation."""
        return median(turn[name] for turn in self.turns[engine])

    def total(self, engine: str) -> float:
        """Return the median microseconds of a turn's bookkeeping."""
        return median(sum(turn[name] for name in OPERATIONS) for turn in self.turns[engine])

    def ratio(self, release: str) -> float:
        """Return how many times quicker ours is."""
        return self.total(release) / self.total(OURS)

    @property
    def releases(self) -> list[str]:
        """Return the releases that took part."""
        return [engine for engine in self.turns if engine != OURS]


@contextmanager
def engines(releases: Sequence[str]) -> Iterator[dict[str, Client]]:
    """Yield a process of ours and of each of these releases, and end them."""
    clients = {OURS: Client(Path(sys.executable), ROOT, HOST, LIMIT)}
    for release in releases:
        clients[release] = Client(python_of(release), folder_of(release), HOST, LIMIT)
    try:
        yield clients
    finally:
        for client in clients.values():
            client.stop()


def race(clients: dict[str, Client], point: Point, rounds: int) -> Result:
    """Let all engines make the same sessions, and then take turns in turn, for some rounds.

    Raises AssertionError if sessions differ, and what
    a client raises.
    """
    for engine, client in clients.items():
        lengths = client.configure(point)["lengths"]
        assert lengths == [point.context], f"{engine}: sessions of {lengths} tokens at {point}"
    turns: dict[str, list[Turns]] = {engine: [] for engine in clients}
    for i in range(WARM_UP + rounds):
        for engine, client in clients.items():
            timed = client.ask("turns")
            if i >= WARM_UP:
                turns[engine].append(timed)
    return Result(point, turns)
