"""A node of the radix tree: a run of tokens, and where their KV lies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from impl.cache.mirror import Pages
from impl.tokens import Tokens, tokens_of


@dataclass(eq=False, slots=True)
class RadixNode:
    """Whole pages of tokens after those of the parent; children begin with different pages."""

    namespace: int
    parent: RadixNode | None
    key: Tokens  # tokens; empty at a root only
    value: Pages  # their pages
    children: dict[bytes, RadixNode] = field(default_factory=dict)  # by first page
    lock_ref: int = 0  # rows that read this node, or one below it
    last_access: int = 0
    batch: int = 0  # the last one that was launched to read here, of those who read here no more
    recurrent: int | None = None  # the recurrent state after the last of these tokens, if kept

    @classmethod
    def root(cls, namespace: int) -> RadixNode:
        """Return a node without tokens."""
        return cls(namespace, None, tokens_of(), np.empty(0, dtype=np.int32))

    @property
    def path(self) -> list[RadixNode]:
        """This node and its ancestors, up to the root and without it."""
        nodes, node = [], self
        while node.parent is not None:
            nodes.append(node)
            node = node.parent
        return nodes

    @property
    def tokens(self) -> Tokens:
        """All tokens from the root to the end of this node."""
        tokens = tokens_of()
        for node in reversed(self.path):
            tokens += node.key
        return tokens

    @property
    def is_evictable(self) -> bool:
        """It is a leaf, and nobody reads it."""
        return self.parent is not None and not self.children and self.lock_ref == 0

    def below(self) -> Iterator[RadixNode]:
        """Generate every node below this one, parents before children."""
        pending = list(self.children.values())
        while pending:
            node = pending.pop()
            yield node
            pending += node.children.values()
