"""Reads the radix tree, plain or unified, and the slots of streaming sessions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stateful_tests.engines.sglang.host.rust_tree import RustTree

Told = dict[str, Any]


def tree_of(scheduler: Any, values: list[int]) -> PythonTree | RustTree:
    """Return what reads the tree: the cache, what it wraps (`inner`), or its core.

    `values` are the KV of each location, where there is such a thing.
    """
    cache = scheduler.tree_cache
    tree = vars(cache).get("inner") or vars(cache).get("tree_core") or cache
    is_rust = type(tree).__name__ == "RustUnifiedTreeCore"
    return RustTree(tree, values) if is_rust else PythonTree(tree, values)


def slots_of(scheduler: Any) -> dict[str, Any]:
    """Return the slots of streaming sessions, which a unified cache embeds as `session`."""
    cache = scheduler.tree_cache
    return dict(vars(cache).get("session", cache).slots)


class PythonTree:
    """A tree of Python objects."""

    def __init__(self, tree: Any, values: list[int]) -> None:
        self.tree = tree
        self.values = values
        named = "_delete_leaf", "_remove_leaf_from_parent"
        self.evicts = next(name for name in named if hasattr(tree, name))

    def nodes(self) -> Iterator[Told]:
        """Yield the nodes below the root, parents before their children."""
        root = self.tree.root_node
        stack = [(child, root.id) for child in root.children.values()]
        while stack:
            node, parent = stack.pop()
            held = _held(node)
            locations = held.value.tolist()
            yield {
                "id": node.id,
                "parent": parent,
                "tokens": list(node.key.token_ids),
                "extra_key": node.key.extra_key,
                "locations": locations,
                "kv": [self.values[location] for location in locations],
                "lock_ref": held.lock_ref,
            }
            stack.extend((child, node.id) for child in node.children.values())

    def leaf(self, args: tuple[Any, ...], _named: Mapping[str, Any]) -> Told:
        """Tell which tokens, from the root on, a leaf stands for that is about to be evicted.

        `own` of them are its own: they go.
        """
        node = args[0]
        own, extra_key = len(node.key.token_ids), node.key.extra_key
        tokens: list[int] = []
        while node.parent is not None:
            tokens[:0] = node.key.token_ids
            node = node.parent
        return {"tokens": tokens, "own": own, "extra_key": extra_key}


def _held(node: Any) -> Any:
    """Return what has the locations and the lock: the node, or the first of its components."""
    components = vars(node).get("component_data")
    return components[0] if components else node
