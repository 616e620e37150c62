"""Which interesting situations were reached in the explored worlds, and how soon."""

from __future__ import annotations

from collections.abc import Iterable

from spec.machine.explore import Exploration
from spec.machine.rules import Rules
from spec.machine.trace import show
from turnstile.parts import Case


def collect_cases(text: Rules, explored: Iterable[Exploration]) -> list[Case]:
    """Return every case of `text` with the shortest trace to it in any of the worlds."""
    found = list(explored)
    return [_case(text, name, found) for name in text.cases]


def _case(text: Rules, name: str, explored: list[Exploration]) -> Case:
    case = text.cases[name]
    ways = [(each.cases[name], each.world.name) for each in explored if name in each.cases]
    steps, world = min(ways, key=lambda way: len(way[0]), default=([], ""))
    words = case.words.splitlines()[0]
    return Case(name, case.action.name, words, world, tuple(map(show, steps)))
