"""Planted in what is given back: recurrent states, tree locks; and in who may read the tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from impl.cache.mirror import Pages
from impl.cache.parts.recurrent import RecurrentPart
from impl.cache.radix_cache import Match
from impl.cache.record import KVRecord
from impl.engine import Engine
from impl.tokens import Tokens

T = TypeVar("T")


def recurrent_part(engine: Engine) -> RecurrentPart | None:
    """Return the part of the engine's cache that keeps recurrent states, if it has one."""
    return next((part for part in engine.cache.parts if isinstance(part, RecurrentPart)), None)


def b14(engine: Engine) -> None:
    """Keep the recurrent state of a closed session."""
    end = _without_freeing_states(engine, engine.controller.end)
    engine.controller.end = end  # type: ignore[method-assign, assignment]


def b15(engine: Engine) -> None:
    """Keep the recurrent state of an aborted first turn."""
    abort_first = _without_freeing_states(engine, engine.mechanism.abort_first)
    engine.mechanism.abort_first = abort_first  # type: ignore[method-assign, assignment]


def _without_freeing_states(engine: Engine, end: Callable[[T], None]) -> Callable[[T], None]:
    recurrents = recurrent_part(engine)
    if recurrents is None:
        return end
    give_back = recurrents.end

    def planted(ending: T) -> None:
        recurrents.end = _keep  # type: ignore[method-assign]
        try:
            end(ending)
        finally:
            recurrents.end = give_back  # type: ignore[method-assign]

    return planted


def _keep(record: KVRecord) -> None:
    """Give nothing back."""


def b19(engine: Engine) -> None:
    """Forget the tree lock of an aborted first turn."""
    abort_first, unlock = engine.mechanism.abort_first, engine.cache.unlock

    def planted(turn_id: int) -> None:
        engine.cache.unlock = _keep  # type: ignore[method-assign]
        try:
            abort_first(turn_id)
        finally:
            engine.cache.unlock = unlock  # type: ignore[method-assign]

    engine.mechanism.abort_first = planted  # type: ignore[method-assign]


def n7(engine: Engine) -> None:
    """Hand out at once what is given back, though a launched batch may still use it."""
    lists = [engine.rows.free_list, engine.allocator.free_list]
    if window := engine.memory.window:
        lists.append(window.allocator.free_list)
    if recurrents := engine.memory.recurrents:
        lists.append(recurrents.free_list)
    for numbers in lists:
        numbers.put = _at_once(numbers.put)  # type: ignore[method-assign, assignment]


def _at_once(put: Callable[[Pages], None]) -> Callable[[Pages, int], None]:
    def planted(numbers: Pages, after: int = 0) -> None:  # noqa: ARG001 - what it stands for has it
        put(numbers)

    return planted


def n1(engine: Engine) -> None:
    """Find KV of another namespace where the own one has less."""
    tree = engine.tree
    find = tree.find

    def planted(namespace: int, tokens: Tokens) -> Match:
        tree.root(namespace)
        own_first = sorted(tree.roots, key=lambda other: other != namespace)
        return max((find(other, tokens) for other in own_first), key=lambda m: m.length)

    tree.find = planted  # type: ignore[method-assign]
