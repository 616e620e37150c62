"""The radix tree: KV of prompts, shared by all who begin alike. Answers: what is there already?

Page-granular: keys are whole pages, nodes part at page boundaries. A namespace is part of the key:
each has a root of its own, so KV of one adapter, extra key or salt is never found under another.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from impl.cache.leaves import Leaves
from impl.cache.mirror import Pages
from impl.cache.radix_node import RadixNode
from impl.paging import num_full_pages, offset_of
from impl.tokens import Tokens


class Match(NamedTuple):
    """Where a prefix ends in the tree: inside `node`, after `inside` of its tokens."""

    node: RadixNode
    inside: int
    length: int  # of the whole prefix


class RadixCache:
    """Maps (namespace, whole pages of tokens) to pages. Who reads a node locks it."""

    def __init__(self, page_size: int) -> None:
        """Start empty."""
        self.page_size = page_size
        self.roots: dict[int, RadixNode] = {}
        self.evictable_size = 0  # tokens of nodes that nobody locks
        self.protected_size = 0  # tokens of nodes that somebody locks
        self._leaves = Leaves()
        self._time = 0

    # -- match and insert

    def root(self, namespace: int) -> RadixNode:
        """Return the root of a namespace."""
        return self.roots.setdefault(namespace, RadixNode.root(namespace))

    def find(self, namespace: int, tokens: Tokens) -> Match:
        """Return the longest prefix of `tokens` in whole pages; the tree stays as it is."""
        node, size, length = self.root(namespace), self.page_size, 0
        while child := node.children.get(tokens[length : length + size].tobytes()):
            inside = self._num_common(child.key, tokens, length)
            node, length = child, length + inside
            if inside < len(child.key):
                return Match(child, inside, length)
        return Match(node, len(node.key), length)

    def node_at(self, namespace: int, tokens: Tokens) -> RadixNode | None:
        """Return the node that ends with `tokens`, or None."""
        node, inside, length = self.find(namespace, tokens)
        return node if length == len(tokens) and inside == len(node.key) else None

    def match(self, namespace: int, tokens: Tokens) -> tuple[RadixNode, Pages]:
        """Return the node that ends with `tokens`, split if need be, and all their pages.

        `tokens` are whole pages, and in the tree.
        """
        found = self.find(namespace, tokens)
        assert found.length == len(tokens), f"{found.length} of {len(tokens)} tokens are cached"
        node = self._split(found.node, found.inside)
        self._touch(node)
        values = [part.value for part in reversed(node.path)]
        return node, np.concatenate(values) if values else node.value

    def insert(self, namespace: int, tokens: Tokens, pages: Pages) -> int:
        """Add whole pages of `tokens` at `pages`; return how many tokens were there before.

        Of those that were there the tree keeps its own pages; the rest changes hands.
        """
        found = self.find(namespace, tokens)
        if found.length < len(tokens):
            parent = self._split(found.node, found.inside)
            rest = tokens[found.length :]
            value = pages[num_full_pages(found.length, self.page_size) :].copy()
            node = RadixNode(namespace, parent, rest, value)
            parent.children[self._first_page(rest)] = node
            self.evictable_size += len(rest)
            self._leaves.add(node)
        return found.length

    def _split(self, node: RadixNode, inside: int) -> RadixNode:
        """Cut a node after `inside` of its tokens; return the upper part, which is new.

        The lower part stays the same object, with its locks, which hold for the upper one as well,
        and with its recurrent state, which stands at its end.
        """
        if inside == len(node.key):
            return node
        parent, cut = node.parent, num_full_pages(inside, self.page_size)
        assert parent is not None, "a root has no tokens to split"
        upper = RadixNode(node.namespace, parent, node.key[:inside], node.value[:cut])
        upper.lock_ref, upper.last_access = node.lock_ref, node.last_access
        upper.batch = node.batch
        parent.children[self._first_page(node.key)] = upper
        node.parent, node.key, node.value = upper, node.key[inside:], node.value[cut:]
        upper.children[self._first_page(node.key)] = node
        return upper

    def _num_common(self, key: Tokens, tokens: Tokens, start: int) -> int:
        """Return how many tokens `key` has in common with `tokens` from `start` on, whole pages.

        Halved until it is found: slices are compared at once, and each token about twice.
        """
        size = self.page_size
        most = num_full_pages(len(key), size)

        def differ(num: int) -> bool:
            return key[: num * size] != tokens[start : start + num * size]

        if not differ(most):
            return most * size
        return (bisect_left(range(most), x=True, key=differ) - 1) * size

    def _first_page(self, tokens: Tokens) -> bytes:
        return tokens[: self.page_size].tobytes()

    def _touch(self, node: RadixNode) -> None:
        self._time += 1
        for part in node.path:
            part.last_access = self._time

    # -- lock and unlock

    def lock(self, node: RadixNode) -> None:
        """Protect a node, and so the whole path to it, from eviction."""
        for part in node.path:
            if part.lock_ref == 0:
                self.evictable_size -= len(part.key)
                self.protected_size += len(part.key)
            part.lock_ref += 1

    def unlock(self, node: RadixNode, batch: int = 0) -> None:
        """Give a lock back; `batch` was the last that was launched to read there."""
        for part in node.path:
            part.batch = max(part.batch, batch)
            assert part.lock_ref > 0, f"a lock is given back once: {part.key}"
            part.lock_ref -= 1
            if part.lock_ref == 0:
                self.evictable_size += len(part.key)
                self.protected_size -= len(part.key)
                self._leaves.add(part)

    # -- evict

    def evict(self, namespace: int, tokens: Tokens, num_pages: int) -> tuple[RadixNode, Pages]:
        """Drop the last pages of an unlocked leaf that ends with `tokens`.

        Return that leaf, which has lost its end, and the pages.
        """
        node, inside, length = self.find(namespace, tokens)
        assert length == len(tokens), f"not in the tree: {tokens}"
        assert inside == len(node.key), f"more is cached behind: {tokens}"
        assert node.is_evictable, f"a leaf without locks is evicted: {tokens}"
        assert node.parent is not None, "a root is not evicted"
        kept = inside - num_pages * self.page_size
        assert kept >= 0, f"ends with {len(node.value)} pages, not {num_pages}: {tokens}"
        pages = node.value[-num_pages:]
        self.evictable_size -= num_pages * self.page_size
        if kept:
            node.key, node.value = node.key[:kept], node.value[:-num_pages]
        else:
            del node.parent.children[self._first_page(node.key)]
            self._leaves.add(node.parent)
            node.parent = None  # so that it is no leaf of this tree any more
        return node, pages

    def oldest_leaf(self) -> RadixNode | None:
        """Return the unlocked leaf that was used longest ago, or None."""
        return self._leaves.oldest()

    # -- what anyone may look at

    def nodes(self) -> Iterator[RadixNode]:
        """Generate every node but the roots, parents before children."""
        for root in self.roots.values():
            yield from root.below()

    @property
    def pages(self) -> Pages:
        """The page of every page of tokens in the tree."""
        values = [node.value for node in self.nodes()]
        return np.concatenate(values) if values else np.empty(0, dtype=np.int32)

    def check(self) -> None:
        """Raise AssertionError unless the tree is a tree of whole pages, and locks go up."""
        evictable = protected = 0
        for node in self.nodes():
            key, parent = node.key, node.parent
            assert parent is not None, f"a node has a parent: {key}"
            assert key, "a node has tokens"
            assert offset_of(len(key), self.page_size) == 0, f"a key is whole pages: {key}"
            pages = num_full_pages(len(key), self.page_size)
            assert len(node.value) == pages, f"a token has a location: {key}, {node.value}"
            assert parent.children.get(self._first_page(key)) is node, f"is found by page: {key}"
            below = sum(child.lock_ref for child in node.children.values())
            assert node.lock_ref >= below, f"a lock protects the path: {key} {node.lock_ref}"
            evictable += len(key) * (node.lock_ref == 0)
            protected += len(key) * (node.lock_ref > 0)
        told = self.evictable_size, self.protected_size
        assert told == (evictable, protected), f"told {told}, in fact {evictable}, {protected}"
