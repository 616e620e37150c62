"""A cache by hash as a tree: what is a node, what is free, and what is shown as it is if wrong."""

from __future__ import annotations

from collections import Counter
from typing import Any

from stateful_tests.engines.blocks.tree import cached, free_pages, seen_nodes


def state(
    entries: list[tuple[list[int], list[int]]], free: list[int], *tables: list[int]
) -> dict[str, Any]:
    """Return a state: (tokens, pages) by hash, the free list, and block tables. A page: 1 token."""
    used = Counter(page for table in tables for page in table)
    return {
        "entries": [{"namespace": 0, "tokens": said, "pages": at} for said, at in entries],
        "free": free,
        "requests": [{"table": table} for table in tables],
        "references": [used[page] for page in range(9)],
    }


def test_a_cached_page_that_nobody_uses_is_a_node_and_not_free() -> None:
    seen = state([([7], [3])], [1, 3])
    assert cached(seen, 1) == {(0, (7,)): [3]}
    assert free_pages(seen, cached(seen, 1)) == [1]


def test_a_page_whose_predecessor_is_gone_is_free() -> None:
    seen = state([([7, 8], [3])], [1, 3])
    assert cached(seen, 1) == {}
    assert free_pages(seen, {}) == [1, 3]


def test_of_two_pages_with_one_hash_the_one_in_use_is_the_node() -> None:
    seen = state([([7], [3, 4])], [1, 3], [4])
    nodes = cached(seen, 1)
    assert nodes == {(0, (7,)): [4, 3]}
    assert free_pages(seen, nodes) == [1, 3]


def test_a_node_is_locked_by_the_users_of_all_its_pages() -> None:
    seen = state([([7], [3, 4]), ([7, 8], [5])], [], [3, 5], [4, 5], [4])
    locks = [node.locks for node in seen_nodes(seen, cached(seen, 1), 1, Counter())]
    assert locks == [3, 2]


def test_a_cached_page_that_is_neither_free_nor_used_is_shown_nowhere() -> None:
    seen = state([([7], [3])], [1])
    assert cached(seen, 1) == {}
    assert free_pages(seen, {}) == [1]


def test_a_page_that_is_free_and_used_or_free_twice_is_shown_so() -> None:
    seen = state([([7], [3]), ([8], [4])], [3, 4, 4], [3])
    assert free_pages(seen, cached(seen, 1)) == [3, 4]
