"""Planted in the prefix tree: locks, eviction, matching, insertion."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from stateful_tests.engines.sglang.host.planted.parts import (
    layer_of,
    length,
    lengthen,
    replaced,
    tree_cache_of,
    when_kept,
)
from stateful_tests.engines.sglang.host.planted.pools import keeping, kept

PUBLISHES = ("checkpoint_into_tree", "cache_unfinished_req")
"""The tree's method that takes a prompt in, by release."""


def leaves_a_lock(scheduler: Any) -> None:
    """A close leaves the session's prefix locked: it can never be evicted."""
    cache = tree_cache_of(scheduler)
    _when_released(scheduler, lambda: replaced(cache, dec_lock_ref=kept))


def unlocks_twice(scheduler: Any) -> None:
    """A close unlocks the session's prefix twice: it is evicted under others that read it."""
    cache = tree_cache_of(scheduler)
    unlock = cache.dec_lock_ref

    def twice(*args: Any, **named: Any) -> Any:
        unlock(*args, **named)
        return unlock(*args, **named)

    _when_released(scheduler, lambda: replaced(cache, dec_lock_ref=twice))


def _when_released(scheduler: Any, changed: Any) -> None:
    """Change something while a session is released."""
    layer = layer_of(scheduler)
    release = layer.release_session

    def planted(session_id: str) -> None:
        with changed():
            release(session_id)

    layer.release_session = planted


def evicts_what_is_locked(scheduler: Any) -> None:
    """When memory runs out, the prefix that goes first is one that a session still reads."""
    cache = tree_cache_of(scheduler)
    evict = cache.evict

    def planted(params: Any) -> Any:
        with replaced(cache, evictable_leaves={leaf for leaf in leaves() if leaf.lock_ref}):
            evict(params)
        return evict(params)

    def leaves() -> Iterator[Any]:
        stack = list(cache.root_node.children.values())
        while stack:
            children = (node := stack.pop()).children.values()
            stack += children
            if not children:
                yield node

    cache.evict = planted


def finds_nothing(scheduler: Any) -> None:
    """A first turn computes again what others have left in the tree."""
    _looks_in(scheduler, "nobody's")


def looks_in_another_namespace(scheduler: Any) -> None:
    """A first turn finds the prefix of another tenant, who sent the same tokens."""
    _looks_in(scheduler, None)


def _looks_in(scheduler: Any, namespace: str | None) -> None:
    """Look for the prefixes of turns in another namespace."""
    cache = scheduler.tree_cache
    match = cache.match_prefix

    def planted(params: Any) -> Any:
        if params.req is not None:
            key = copy.copy(params.key)
            key.extra_key = namespace
            params = replace(params, key=key)
        return match(params)

    cache.match_prefix = planted


def keeps_duplicates(scheduler: Any) -> None:
    """Of two turns that computed the same prompt at once, the later one's copy is never freed."""
    allocator = scheduler.token_to_kv_pool_allocator
    _when_published(scheduler, lambda: replaced(allocator, **keeping(allocator)))


def leaves_freed_duplicates_in_a_row(scheduler: Any) -> None:
    """Of two turns that computed the same prompt at once, one goes on to read its freed copy."""
    rows = scheduler.req_to_token_pool
    _when_published(scheduler, lambda: replaced(rows, write=kept))


def _when_published(scheduler: Any, changed: Any) -> None:
    """Change something while a prompt is taken into the tree."""
    cache = tree_cache_of(scheduler)
    name = next(name for name in PUBLISHES if hasattr(cache, name))
    publish = getattr(cache, name)

    def planted(*args: Any, **named: Any) -> Any:
        with changed():
            return publish(*args, **named)

    setattr(cache, name, planted)


def protects_part_of_a_page(scheduler: Any) -> None:
    """A slot says that the tree has all that was computed, though the last page is not full."""
    size = scheduler.page_size

    def protected(slot: Any) -> None:
        committed = length(slot, "kv_committed_len")
        if committed % size:
            lengthen(slot, committed - length(slot, "cache_protected_len"), "cache_protected_len")

    when_kept(scheduler, protected)
