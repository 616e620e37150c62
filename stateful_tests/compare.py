"""What differs between the spec's state and the engine's, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from spec.invariants import available, evictable, protected, session_held, uncached
from spec.machine.canonical import renamed
from spec.machine.concrete import ConcreteState
from stateful_tests.difference import Difference

SIZES: dict[str, Callable[[Any], int]] = {
    "available": available,
    "evictable": evictable,
    "protected": protected,
    "session_held": session_held,
    "uncached": uncached,
}
"""The spec's count of pages for each size of an engine."""


def compare_sizes(spec: ConcreteState, sizes: Mapping[str, int]) -> None:
    """Compare an engine's accounting with the spec's, size by size, idle and busy."""
    for name, found in sizes.items():
        expected = SIZES[name](spec) * spec.size.page_size
        if found != expected:
            words = f"the engine counts another {name} size, in tokens"
            raise Difference("pages_add_up", words, f"{expected}", f"{found}")


def state_difference(spec: ConcreteState, engine: ConcreteState) -> list[str]:
    """Return the cells that differ, a line each; rows and pages are named by first mention."""
    lines = []
    left, right = renamed(spec), renamed(engine)
    for name, field in spec.rules.fields.items():
        if field.ghost or left[name] == right[name]:
            continue
        mine, theirs = dict(left[name]), dict(right[name])
        empty = getattr(spec, name).default
        for key in sorted(mine.keys() | theirs.keys(), key=str):
            a, b = mine.get(key, empty), theirs.get(key, empty)
            if a != b:
                lines.append(f"{name}[{key}]: spec {a}, engine {b}")
    return lines
