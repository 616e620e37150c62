"""The radix tree by itself: match, insert, split, lock, evict, namespaces."""

from __future__ import annotations

import pytest
import torch

from impl.radix_cache import RadixCache

A = [1, 2, 3, 4, 5, 6]
B = [1, 2, 9, 9]


def tree_with(*keys: list[int]) -> RadixCache:
    """Return a tree of page_size 2 in namespace 0, each key at locations of its own."""
    tree = RadixCache(2)
    for i, key in enumerate(keys):
        tree.insert(0, key, torch.arange(len(key)) + 100 * i)
        tree.check()
    return tree


def test_what_was_inserted_is_matched_in_whole_pages() -> None:
    tree = tree_with(A)
    assert tree.find(0, [1, 2, 3, 4, 5, 7]).length == 4
    assert tree.find(0, [1, 2, 3]).length == 2
    assert tree.find(0, [1, 3]).length == 0
    node, locations = tree.match(0, A[:4])
    assert (node.tokens, locations.tolist()) == (A[:4], [0, 1, 2, 3])


def test_two_keys_share_a_node_up_to_the_page_where_they_part() -> None:
    tree = tree_with(A, B)
    assert sorted(node.key for _, node in tree.nodes()) == [[1, 2], [3, 4, 5, 6], [9, 9]]
    assert tree.match(0, B)[1].tolist() == [0, 1, 102, 103]


def test_an_insert_says_how_much_was_there_and_keeps_the_trees_own_locations() -> None:
    tree = tree_with(A)
    assert tree.insert(0, B, torch.arange(100, 104)) == 2
    assert tree.insert(0, A, torch.arange(200, 206)) == 6
    assert tree.match(0, A)[1].tolist() == [0, 1, 2, 3, 4, 5]


def test_a_match_by_itself_changes_nothing() -> None:
    tree = tree_with(A)
    tree.find(0, A[:4])
    assert [node.key for _, node in tree.nodes()] == [A]


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
    for tokens, words in ((A[:4], "more is cached"), (B, "without locks"), ([5, 5], "not in the")):
        with pytest.raises(AssertionError, match=words):
            tree.evict(0, tokens)
    assert tree.evict(0, A).tolist() == [4, 5]
    assert tree.evict(0, A[:4]).tolist() == [2, 3]
    with pytest.raises(AssertionError, match="a leaf without locks"):
        tree.evict(0, A[:2])
    tree.unlock(node)
    assert tree.evict(0, B).tolist() == [102, 103]
    assert tree.evict(0, A[:2]).tolist() == [0, 1]
    assert not list(tree.nodes())


def test_the_leaf_that_was_used_longest_ago_is_evicted_first() -> None:
    tree = tree_with(A, B)
    tree.match(0, A)
    tree.match(0, B)
    tree.match(0, A)
    oldest = tree.oldest_leaf()
    assert oldest is not None
    assert oldest[1].tokens == B


def test_nothing_is_found_in_another_namespace() -> None:
    tree = tree_with(A)
    assert tree.find(1, A).length == 0
    assert tree.insert(1, A, torch.arange(200, 206)) == 0
    assert tree.match(1, A)[1].tolist() == list(range(200, 206))
