"""Faults injected into the project's own engine from outside: what its turns are computed with.

Each is met as often as its turn gets there, until the turn ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from impl.engine import Engine
from impl.failure import Failure
from impl.model.batch import Batch, Chunk
from impl.model.memory import Views
from impl.model.weights import Layer
from impl.moves import Why
from impl.sessions.turn import Result, Turn
from spec.machine.trace import Point

Met = list[tuple[int, Point]]
"""Turns, and what broke under them."""


class Faults:
    """Wraps the model's passes, the drafter and the reading of results of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._planned = set[tuple[int, Point]]()
        self._in_pass: list[int] = []  # turns of the forward pass that runs
        self.met: Met = []  # since this was last cleared
        runner, launcher, drafter = engine.runner, engine.launcher, engine.launcher.drafter
        self._forward, self._verify = runner.forward, runner.verify
        self._read, self._views, self._draft = launcher.read, engine.memory.views, drafter.draft
        runner.forward = self.forward  # type: ignore[method-assign]
        runner.verify = self.verify  # type: ignore[method-assign]
        launcher.read = self.read  # type: ignore[method-assign]
        engine.memory.views = self.views  # type: ignore[method-assign]
        drafter.draft = self.draft  # type: ignore[method-assign]

    def inject(self, turn: int, point: Point) -> None:
        """Let what computes for `turn` fail at `point`."""
        self._planned.add((turn, point))

    def ended(self, turn: int) -> None:
        """Break nothing for a turn that is over."""
        self._planned = {(t, point) for t, point in self._planned if t != turn}

    @property
    def failures(self) -> dict[int, Failure]:
        """How turns must fail that met a fault; a drafter that fails costs time only."""
        return {turn: _told(turn, point) for turn, point in self.met if point != Point.DRAFT}

    # -- in the place of what computes

    def forward(self, chunks: Sequence[Chunk]) -> Tensor:
        """Compute chunks, or fail before anything is written."""
        self._enter(chunks, Point.FORWARD)
        return self._forward(chunks)

    def verify(self, chunk: Chunk) -> list[int]:
        """Compute a token and its drafts, or fail."""
        self._enter([chunk], Point.VERIFY)
        return self._verify(chunk)

    def _enter(self, chunks: Sequence[Chunk], point: Point) -> None:
        rows = {chunk.row for chunk in chunks}
        running = [turn for turn in self._engine.queues.running if turn.record]
        self._in_pass = [turn.id for turn in running if turn.record and turn.record.row in rows]
        self._meet(self._in_pass, point)

    def views(self, batch: Batch) -> Views:
        """Return what the layers of a pass look through."""
        return _Views(self, self._views(batch))

    def enter(self, layer: Layer) -> None:
        """Fail in the last layer: those before it have written."""
        if layer is self._engine.model.weights.layers[-1]:
            self._meet(self._in_pass, Point.LAYER)
            self._meet(self._in_pass, Point.MEMORY)

    def read(self, result: Result) -> int:
        """Read a result, or fail."""
        running = self._engine.queues.running
        awaiting = [t.id for t in running if any(each is result for each in t.unread)]
        self._meet(awaiting, Point.COLLECT)
        return self._read(result)

    def draft(self, turn: Turn, num: int, namespace: int) -> list[int]:
        """Guess, or fail."""
        self._meet([turn.id], Point.DRAFT)
        return self._draft(turn, num, namespace)

    def _meet(self, turns: Iterable[int], point: Point) -> None:
        for turn in turns:
            if (turn, point) in self._planned:
                self.met.append((turn, point))
                raise _error(turn, point)


class _Views(Views):
    """What layers look through, until a fault is met."""

    def __init__(self, faults: Faults, views: Views) -> None:
        self._faults, self._inner = faults, views

    def attend(self, layer: Layer, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Store and read, or fail."""
        self._faults.enter(layer)
        return self._inner.attend(layer, q, k, v)


def _error(turn: int, point: Point) -> RuntimeError:
    """Return what is raised: torch's own exception where there is no memory."""
    words = _words(turn, point)
    return torch.OutOfMemoryError(words) if point == Point.MEMORY else RuntimeError(words)


def _told(turn: int, point: Point) -> Failure:
    """Return what the client of a turn must be told."""
    words = _words(turn, point)
    if point == Point.MEMORY:
        return Failure(Why.OUT_OF_MEMORY, f"OutOfMemoryError: {words}")
    return Failure(Why.FAILED, f"RuntimeError: {words}")


def _words(turn: int, point: Point) -> str:
    return f"injected, turn {turn}, {point}"


FAILED = (Why.FAILED.value, Why.OUT_OF_MEMORY.value)
"""Reasons of turns that could not be computed."""
