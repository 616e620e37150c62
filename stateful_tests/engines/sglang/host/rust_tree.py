"""Reads the Rust core of the unified tree, which tells of locations and locks, but not of nodes.

Which token a location stands for is remembered from insertions, and which nodes are locked from
the calls that lock and unlock. A node, as told here, is a longest run of locations without a
branch and under the same locks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Told = dict[str, Any]

ROOT = -1
"""What precedes the first location of a path."""

FULL = 0
"""The component whose values are KV locations: ComponentType.FULL."""


class RustTree:
    """A core that is listened to from its construction on."""

    evicts = "evict_device_leaf"

    def __init__(self, tree: Any, values: list[int]) -> None:
        self.tree = tree
        self.values = values
        self._keys: dict[int, tuple[int, str | None]] = {}  # by location: token, extra key
        self._locked: Counter[int] = Counter()  # by node id
        tree.begin_insert = self._then(tree.begin_insert, self._insert)
        tree.inc_lock_ref = self._then(tree.inc_lock_ref, self._lock)
        tree.dec_lock_ref = self._then(tree.dec_lock_ref, self._unlock)

    def nodes(self) -> Iterator[Told]:
        """Yield the nodes below the root, parents before their children."""
        before = self._before()
        branches = Counter(before.values())
        locks = self._locks(before)
        runs: dict[int, list[int]] = {}  # by any location: the run that it is in
        for location, previous in before.items():
            goes_on = previous != ROOT and branches[previous] == 1
            if goes_on and locks[previous] == locks[location]:
                runs[location] = runs[previous]
            else:
                runs[location] = []
            runs[location].append(location)
        for run in {id(run): run for run in runs.values()}.values():
            first = run[0]
            yield {
                "id": first,
                "parent": ROOT if before[first] == ROOT else runs[before[first]][0],
                "tokens": [self._keys[location][0] for location in run],
                "extra_key": self._keys[first][1],
                "locations": list(run),
                "kv": [self.values[location] for location in run],
                "lock_ref": locks[first],
            }

    def leaf(self, args: tuple[Any, ...], _named: Mapping[str, Any]) -> Told:
        """Tell which tokens, from the root on, a leaf stands for that is about to be evicted.

        `own` of them are its own: they go.
        """
        path = self._path(args[0], self._before())
        return {
            "tokens": [self._keys[location][0] for location in path],
            "own": len(self.tree.get_component_device_value(args[0], FULL)),
            "extra_key": self._keys[path[0]][1],
        }

    def _before(self) -> dict[int, int]:
        """Return, of each location, the one before it on its path; parents come first."""
        walk = self.tree.walk_for_kv_canary(False, False)
        return dict(zip(walk.slot_indices.tolist(), walk.prev_slot_indices.tolist(), strict=True))

    def _locks(self, before: Mapping[int, int]) -> Counter[int]:
        """Return how many locks each location is under. What the core holds unlocked, is."""
        locks: Counter[int] = Counter()
        for node, times in self._locked.items():
            locks.update(dict.fromkeys(self._path(node, before), times))
        unlocked = set(self.tree.walk_for_kv_canary(True, False).slot_indices.tolist())
        assert unlocked == {at for at in before if not locks[at]}, f"{unlocked=}, {locks=}"
        return locks

    def _path(self, node: int, before: Mapping[int, int]) -> list[int]:
        """Return the locations from the root to the end of a node; none for the root."""
        value = self.tree.get_component_device_value(node, FULL)
        path = [] if value is None else value.tolist()[-1:]
        while path and before[path[-1]] != ROOT:
            path.append(before[path[-1]])
        return path[::-1]

    def _insert(self, params: Any) -> None:
        tokens = params.key.raw_token_ids()
        for token, location in zip(tokens, params.value.tolist(), strict=False):  # whole pages only
            self._keys[location] = (token, params.key.extra_key)

    def _lock(self, node: int, *_: Any, **__: Any) -> None:
        self._locked[node] += 1

    def _unlock(self, node: int, *_: Any, **__: Any) -> None:
        self._locked[node] -= 1
        self._locked += Counter()  # forget those at zero

    @staticmethod
    def _then(call: Callable[..., Any], listener: Callable[..., None]) -> Callable[..., Any]:
        """Return what does as `call` does, and then tells the listener of it."""

        def listened(*args: Any, **named: Any) -> Any:
            result = call(*args, **named)
            listener(*args, **named)
            return result

        return listened
