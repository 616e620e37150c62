"""Runs of the spec's plain text as logs: what is allowed, and, on request, what is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

from spec.language import Forbidden, NoRoom
from spec.machine.concrete import ConcreteState
from spec.machine.log.judge import Judge
from spec.machine.log.lines import Reader
from spec.machine.rules import rules
from spec.machine.size import Size
from spec.machine.trace import Step, named
from spec.machine.worlds import FEATURES, World, each

SIZES = (
    Size(sessions=2, turns=4, rows=2, pages=7, page_size=2, context_len=7, lookahead=1,
         namespaces=2, texts=5),
    Size(sessions=2, turns=4, rows=2, pages=8, page_size=1, context_len=6, lookahead=2, window=2,
         window_pages=6, texts=3),
    Size(sessions=3, turns=5, rows=2, pages=6, page_size=2, context_len=6, recurrents=2),
)  # fmt: skip
"""Trees and namespaces; windows and drafts; recurrent states."""

REFUSED = "forbidden"


@dataclass
class Line:
    """An action, and what the plain interpreter says of it."""

    step: Step
    verdict: str  # REFUSED, or the answer of a request; "None" or a length for a move

    @property
    def event(self) -> dict[str, Any]:
        """The line of a log that tells all of it."""
        name, args = self.step
        return {"do": name, **named(name, args)}


def world(size: Size) -> World:
    """Return a world in which clients ask for all kinds of lengths."""
    asks = each((1, 2, 3, size.context_len + 1), (0, 1, 2), range(size.texts))
    return World("log", size, asks, features=frozenset(FEATURES))


def run(size: Size, seed: int, length: int, wild: float = 0.0) -> Iterator[Line]:
    """Generate actions that may happen; with a chance of `wild` any at all, forbidden ones too."""
    random, asked = Random(f"{seed}"), world(size)
    s = ConcreteState(rules(), size)
    for _ in range(length):
        is_wild = random.random() < wild
        while True:
            name = random.choice(list(rules().actions))
            choices = list(asked.arguments(s, name))
            if not choices:
                continue
            args = random.choice(choices)
            try:
                answer = rules().actions[name].run(s, *args)
            except (Forbidden, NoRoom):
                if is_wild:
                    yield Line((name, args), REFUSED)
                    break
                continue
            yield Line((name, args), str(answer))
            break


def log(size: Size, lines: Iterator[Line] | list[Line], **head: Any) -> list[str]:
    """Return a log that tells all."""
    first = {"turnstile": 1, **asdict(size), **head}
    return [json.dumps(each) for each in (first, *(line.event for line in lines))]


def judge_of(text: list[str]) -> tuple[Judge, Reader]:
    """Return what judges a log, and what reads it."""
    reader = Reader(text)
    return Judge(reader), reader
