"""The radix tree by itself: match, insert, split, lock, evict, namespaces."""

from __future__ import annotations

import numpy as np
import pytest

from impl.cache.mirror import Pages
from impl.cache.radix_cache import RadixCache
from impl.tokens import Tokens, tokens_of

A = tokens_of([1, 2, 3, 4, 5, 6])
B = tokens_of([1, 2, 9, 9])
C = tokens_of([7, 7])


def tree_with(*keys: Tokens) -> RadixCache:
    """Return a tree of page_size 2 in namespace 0, each key on pages of its own."""
    tree = RadixCache(2)
    for i, key in enumerate(keys):
        tree.insert(0, key, pages(100 * i, len(key) // 2))
        tree.check()
    return tree


def pages(first: int, num: int) -> Pages:
    """Return `num` pages from `first` on."""
    return np.arange(first, first + num, dtype=np.int32)


def test_what_was_inserted_is_matched_in_whole_pages() -> None:
    tree = tree_with(A)
    assert tree.find(0, tokens_of([1, 2, 3, 4, 5, 7])).length == 4
    assert tree.find(0, tokens_of([1, 2, 3])).length == 2
    assert tree.find(0, tokens_of([1, 3])).length == 0
    node, found = tree.match(0, A[:4])
    assert (node.tokens, found.tolist()) == (A[:4], [0, 1])


def test_two_keys_share_a_node_up_to_the_page_where_they_part() -> None:
    tree = tree_with(A, B)
    assert sorted(list(node.key) for node in tree.nodes()) == [[1, 2], [3, 4, 5, 6], [9, 9]]
    assert tree.match(0, B)[1].tolist() == [0, 101]


def test_an_insert_says_how_much_was_there_and_keeps_the_trees_own_pages() -> None:
    tree = tree_with(A)
    assert tree.insert(0, B, pages(100, 2)) == 2
    assert tree.insert(0, A, pages(200, 3)) == 6
    assert tree.match(0, A)[1].tolist() == [0, 1, 2]


def test_a_match_by_itself_changes_nothing() -> None:
    tree = tree_with(A)
    tree.find(0, A[:4])
    assert [node.key for node in tree.nodes()] == [A]


def test_a_split_keeps_the_lock_on_both_parts() -> None:
    tree = tree_with(A)
    node, _ = tree.match(0, A)
    tree.lock(node)
    tree.match(0, A[:2])
    assert [(part.key, part.lock_ref) for part in node.path] == [(A[2:], 1), (A[:2], 1)]
    tree.unlock(node)
    assert tree.protected_size == 0
    assert tree.evictable_size == 6
    with pytest.raises(AssertionError, match="given back once"):
        tree.unlock(node)


def test_the_last_page_of_an_unlocked_leaf_is_evicted_and_only_that() -> None:
    tree = tree_with(A, B)
    node, _ = tree.match(0, B)
    tree.lock(node)
    for tokens, words in (
        (A[:4], "more is cached"),
        (B, "without locks"),
        (tokens_of([5, 5]), "not in the"),
    ):
        with pytest.raises(AssertionError, match=words):
            tree.evict(0, tokens, 1)
    assert tree.evict(0, A, 1)[1].tolist() == [2]
    assert tree.evict(0, A[:4], 1)[1].tolist() == [1]
    with pytest.raises(AssertionError, match="a leaf without locks"):
        tree.evict(0, A[:2], 1)
    tree.unlock(node)
    assert tree.evict(0, B, 1)[1].tolist() == [101]
    assert tree.evict(0, A[:2], 1)[1].tolist() == [0]
    assert not list(tree.nodes())


def test_the_leaf_that_was_used_longest_ago_is_evicted_first() -> None:
    tree = tree_with(A, B)
    tree.match(0, A)
    tree.match(0, B)
    tree.match(0, A)
    oldest = tree.oldest_leaf()
    assert oldest is not None
    assert oldest.tokens == B


def test_several_pages_of_a_leaf_are_evicted_at_once_but_no_more_than_it_has() -> None:
    tree = tree_with(A, B)
    with pytest.raises(AssertionError, match="ends with 2 pages, not 3"):
        tree.evict(0, A, 3)
    assert tree.evict(0, A, 2)[1].tolist() == [1, 2]
    tree.check()
    assert [list(node.key) for node in tree.nodes()] == [[1, 2], [9, 9]]


def test_a_leaf_that_was_read_since_is_not_the_oldest_any_more() -> None:
    tree = tree_with(A, B)
    old, _ = tree.match(0, B)
    tree.lock(old)
    assert tree.oldest_leaf() is tree.find(0, A).node
    tree.evict(0, A, 2)
    assert tree.oldest_leaf() is None
    tree.unlock(old)
    assert tree.oldest_leaf() is old
    tree.evict(0, B, 1)
    upper = tree.oldest_leaf()
    assert upper is not None
    assert upper.key == A[:2]


@pytest.mark.parametrize("size", [1, 3, 4])
def test_a_prefix_is_found_to_the_page_wherever_it_parts(size: int) -> None:
    key = tokens_of(range(24))
    tree = RadixCache(size)
    tree.insert(0, key, pages(1, 24 // size))
    for parts in range(25):
        found = tree.find(0, key[:parts] + tokens_of([99] * (30 - parts)))
        assert found.length == parts // size * size
        assert tree.find(0, key[:parts]).length == parts // size * size


def test_nothing_is_found_in_another_namespace() -> None:
    tree = tree_with(A)
    assert tree.find(1, A).length == 0
    assert tree.insert(1, A, pages(200, 3)) == 0
    assert tree.match(1, A)[1].tolist() == [200, 201, 202]
