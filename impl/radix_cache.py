"""The radix tree: KV of prompts, shared by all who begin alike. Answers: what is there already?

Page-granular: keys are whole pages, nodes part at page boundaries. A namespace is part of the key:
each has a root of its own, so KV of one adapter, extra key or salt is never found under another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from impl.paging import offset_of, page_of
from impl.radix_node import RadixNode


class Match(NamedTuple):
    """Where a prefix ends in the tree: inside `node`, after `inside` of its tokens."""

    node: RadixNode
    inside: int
    length: int  # of the whole prefix


class RadixCache:
    """Maps (namespace, whole pages of tokens) to locations. Who reads a node locks it."""

    def __init__(self, page_size: int) -> None:
        """Start empty."""
        self.page_size = page_size
        self.roots: dict[int, RadixNode] = {}
        self._time = 0

    # -- match and insert

    def root(self, namespace: int) -> RadixNode:
        """Return the root of a namespace."""
        return self.roots.setdefault(namespace, RadixNode.root())

    def find(self, namespace: int, tokens: Sequence[int]) -> Match:
        """Return the longest prefix of `tokens` in whole pages; the tree stays as it is."""
        node, size, length = self.root(namespace), self.page_size, 0
        while child := node.children.get(tuple(tokens[length : length + size])):
            inside = self._num_common(child.key, tokens[length:])
            node, length = child, length + inside
            if inside < len(child.key):
                return Match(child, inside, length)
        return Match(node, len(node.key), length)

    def match(self, namespace: int, tokens: Sequence[int]) -> tuple[RadixNode, Tensor]:
        """Return the node that ends with `tokens`, split if need be, and all their locations.

        `tokens` are whole pages, and in the tree.
        """
        found = self.find(namespace, tokens)
        assert found.length == len(tokens), f"{found.length} of {len(tokens)} tokens are cached"
        node = self._split(found.node, found.inside)
        self._touch(node)
        values = [part.value for part in reversed(node.path)]
        return node, torch.cat(values) if values else node.value

    def insert(self, namespace: int, tokens: Sequence[int], locations: Tensor) -> int:
        """Add whole pages of `tokens` at `locations`; return how many tokens were there before.

        Of those that were there the tree keeps its own locations; the rest changes hands.
        """
        found = self.find(namespace, tokens)
        if found.length < len(tokens):
            parent = self._split(found.node, found.inside)
            rest = list(tokens[found.length :])
            node = RadixNode(parent, rest, locations[found.length :].clone())
            parent.children[self._first_page(rest)] = node
        return found.length

    def _split(self, node: RadixNode, inside: int) -> RadixNode:
        """Cut a node after `inside` of its tokens; return the upper part, which is new.

        The lower part stays the same object, with the locks on it: those hold for the upper, too.
        """
        if inside == len(node.key):
            return node
        parent = node.parent
        assert parent is not None, "a root has no tokens to split"
        upper = RadixNode(parent, node.key[:inside], node.value[:inside])
        upper.lock_ref, upper.last_access = node.lock_ref, node.last_access
        parent.children[self._first_page(node.key)] = upper
        node.parent, node.key, node.value = upper, node.key[inside:], node.value[inside:]
        upper.children[self._first_page(node.key)] = node
        return upper

    def _num_common(self, key: list[int], tokens: Sequence[int]) -> int:
        """Return how many tokens the two have in common, in whole pages."""
        size, n = self.page_size, 0
        while n < len(key) and key[n : n + size] == list(tokens[n : n + size]):
            n += size
        return n

    def _first_page(self, tokens: Sequence[int]) -> tuple[int, ...]:
        return tuple(tokens[: self.page_size])

    def _touch(self, node: RadixNode) -> None:
        self._time += 1
        for part in node.path:
            part.last_access = self._time

    # -- lock and unlock

    def lock(self, node: RadixNode) -> None:
        """Protect a node, and so the whole path to it, from eviction."""
        for part in node.path:
            part.lock_ref += 1

    def unlock(self, node: RadixNode) -> None:
        """Give a lock back."""
        for part in node.path:
            assert part.lock_ref > 0, f"a lock is given back once: {part.key}"
            part.lock_ref -= 1

    # -- evict

    def evict(self, namespace: int, tokens: Sequence[int]) -> Tensor:
        """Drop the last page of an unlocked leaf that ends with `tokens`; return its locations."""
        node, inside, length = self.find(namespace, tokens)
        assert length == len(tokens), f"not in the tree: {tokens}"
        assert inside == len(node.key), f"more is cached behind: {tokens}"
        assert node.is_evictable, f"a leaf without locks is evicted: {tokens}"
        assert node.parent is not None, "a root is not evicted"
        kept = inside - self.page_size
        value = node.value[kept:]
        if kept:
            node.key, node.value = node.key[:kept], node.value[:kept]
        else:
            del node.parent.children[self._first_page(node.key)]
        return value

    def oldest_leaf(self) -> tuple[int, RadixNode] | None:
        """Return the unlocked leaf that was used longest ago, with its namespace, or None."""
        leaves = [pair for pair in self.nodes() if pair[1].is_evictable]
        return min(leaves, key=lambda pair: pair[1].last_access, default=None)

    # -- what anyone may look at

    def nodes(self) -> Iterator[tuple[int, RadixNode]]:
        """Generate every node but the roots, with its namespace, parents before children."""
        for namespace, root in self.roots.items():
            for node in root.below():
                yield namespace, node

    @property
    def evictable_size(self) -> int:
        """Tokens of nodes that nobody locks."""
        return sum(len(node.key) for _, node in self.nodes() if node.lock_ref == 0)

    @property
    def protected_size(self) -> int:
        """Tokens of nodes that somebody locks."""
        return sum(len(node.key) for _, node in self.nodes() if node.lock_ref > 0)

    @property
    def pages(self) -> list[int]:
        """The page of every page of tokens in the tree."""
        values = [node.value[:: self.page_size] for _, node in self.nodes()]
        held: list[int] = page_of(torch.cat(values), self.page_size).tolist() if values else []
        return held

    def check(self) -> None:
        """Raise AssertionError unless the tree is a tree of whole pages, and locks go up."""
        for _, node in self.nodes():
            key, parent = node.key, node.parent
            assert parent is not None, f"a node has a parent: {key}"
            assert key, "a node has tokens"
            assert offset_of(len(key), self.page_size) == 0, f"a key is whole pages: {key}"
            assert len(node.value) == len(key), f"a token has a location: {key}, {node.value}"
            assert parent.children.get(self._first_page(key)) is node, f"is found by page: {key}"
            below = sum(child.lock_ref for child in node.children.values())
            assert node.lock_ref >= below, f"a lock protects the path: {key} {node.lock_ref}"
