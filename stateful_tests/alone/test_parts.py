"""What a part of the session cache keeps in the radix tree: recurrent states, and where."""

from __future__ import annotations

import numpy as np

from impl.cache.free_list import FreeList
from impl.cache.launches import Launches
from impl.cache.parts.recurrent import RecurrentPart
from impl.cache.radix_cache import RadixCache
from impl.cache.recurrent_pool import RecurrentPool
from impl.tokens import Tokens, tokens_of

A, B = tokens_of([1, 2, 3, 4, 5, 6]), tokens_of([1, 2, 9, 9])
OTHER = tokens_of([7, 7])


def part_with(*keys: Tokens) -> tuple[RecurrentPart, RadixCache]:
    """Return a part over four states, none of them free, and a tree of these keys, pages of 2."""
    tree, pool = RadixCache(2), object.__new__(RecurrentPool)
    pool.free_list = FreeList(np.arange(4, dtype=np.int32), Launches())
    pool.free_list.take(4)
    for key in keys:
        tree.insert(0, key, np.arange(len(key) // 2, dtype=np.int32))
    return RecurrentPart(pool, tree), tree


def kept_lens(part: RecurrentPart, *keys: Tokens) -> list[int]:
    return [part.usable_len(part.tree.find(0, key)) for key in keys]


def test_a_recurrent_state_stays_at_the_end_of_its_tokens_when_a_node_is_split() -> None:
    part, tree = part_with(A)
    tree.find(0, A).node.recurrent = 3
    assert kept_lens(part, A[:4]) == [0]
    upper, _ = tree.match(0, A[:2])
    upper.recurrent = 2
    kept = {tuple(node.tokens): node.recurrent for node in tree.nodes()}
    assert kept == {tuple(A): 3, tuple(A[:2]): 2}
    assert sorted(part.kept) == [2, 3]


def test_the_longest_prefix_with_a_recurrent_state_ends_where_one_is_kept() -> None:
    part, tree = part_with(A, B)
    tree.find(0, A).node.recurrent = 1
    assert kept_lens(part, A, A[:4], B, OTHER) == [6, 0, 0, 0]
    tree.find(0, A[:2]).node.recurrent = 2
    assert kept_lens(part, A, A[:4], A[:2], B, A[:1]) == [6, 2, 2, 2, 0]
    assert kept_lens(part, A + OTHER, B + OTHER) == [6, 2]
    assert part.usable_len(tree.find(1, A)) == 0


def test_there_is_room_to_keep_a_state_where_one_is_free_or_one_is_kept() -> None:
    part, tree = part_with(A)
    assert not part.can_keep(None)
    assert not part.can_keep(tree.node_at(0, A))
    tree.find(0, A).node.recurrent = 1
    assert part.can_keep(tree.node_at(0, A))
    assert not part.can_keep(tree.node_at(0, A[:4]))
    part.pool.free(0)
    assert part.can_keep(None)


def test_an_evicted_end_gives_its_state_back_once() -> None:
    part, tree = part_with(A)
    tree.find(0, A).node.recurrent = 1
    node, pages = tree.evict(0, A, 1)
    assert pages.tolist() == [2]
    part.drop(node)
    part.drop(node)
    assert part.pool.free_slots == [1]
    assert part.kept == []
