"""When clients stop asking: does every turn end, and every close complete? Checked on every state.

From each reachable state of a small world some sequence of the scheduler's moves must lead to rest:
no turn in flight, no close pending. Where that holds, any scheduler that is strongly fair (a move
that may happen again and again happens at last) comes to rest from every state; k is the length of
the longest way that it must be able to go. Bounded: it says nothing about larger worlds.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from spec.language import Forbidden, NoRoom
from spec.machine.canonical import Canonical
from spec.machine.concrete import ConcreteState
from spec.machine.rules import Rules
from spec.machine.trace import CameFrom, Step, steps_to
from spec.machine.worlds import WORLDS, World

WORLDS_TO_REST = {
    name: replace(WORLDS[name], features=WORLDS[name].features | {"reclaim"})
    for name in (
        *("one-tree", "overlap", "one-row", "windows", "speculation", "recurrent"),
        *("hybrid", "layers", "plain"),
    )
}
"""Small worlds in which the scheduler may reclaim: without that, idle sessions can wedge it."""


@dataclass
class Progress:
    """Every state of a world, and how far from rest it is by moves alone."""

    rules: Rules
    world: World
    distance: dict[int, int] = field(default_factory=dict)  # by state; none: it cannot come to rest
    _came_from: CameFrom = field(default_factory=dict)
    _moved_from: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    def run(self, told: Callable[[], None] = lambda: None) -> None:
        """Visit every reachable state, then walk back from those at rest; tell after each state."""
        canonical = Canonical(self.rules, self.world.size)
        initial = self.world.initial(self.rules)
        todo = deque([(canonical.key(initial), initial.cells())])
        self._came_from[todo[0][0]] = None
        at_rest = deque[int]()
        while todo:
            key, cells = todo.popleft()
            state = ConcreteState.of(self.rules, self.world.size, cells)
            if is_at_rest(state):
                self.distance[key] = 0
                at_rest.append(key)
            for step, new in self._successors(state):
                new_key = canonical.key(new)
                if step[0] in self.rules.moves:
                    self._moved_from[new_key].add(key)
                if new_key not in self._came_from:
                    self._came_from[new_key] = key, step
                    todo.append((new_key, new.cells()))
            told()
        self._walk_back(at_rest)

    def _successors(self, state: ConcreteState) -> Iterator[tuple[Step, ConcreteState]]:
        new = state.fork()
        for name, action in self.rules.actions.items():
            for args in self.world.arguments(state, name):
                try:
                    action.run(new, *args)
                except (Forbidden, NoRoom):  # before any effect
                    continue
                if new.written:
                    yield (name, args), new
                    new = state.fork()

    def _walk_back(self, at_rest: deque[int]) -> None:
        while at_rest:
            key = at_rest.popleft()
            for before in self._moved_from[key]:
                if before not in self.distance:
                    self.distance[before] = self.distance[key] + 1
                    at_rest.append(before)

    @property
    def states(self) -> int:
        """Reachable states."""
        return len(self._came_from)

    @property
    def most_moves(self) -> int:
        """The k of the bound: the most moves that the shortest way to rest takes."""
        return max(self.distance.values(), default=0)

    def wedged(self) -> list[Step] | None:
        """Return the shortest trace to a state from which no moves lead to rest, or None."""
        for key in self._came_from:  # in the order of their distance from the start
            if key not in self.distance:
                return steps_to(key, self._came_from)
        return None


def is_at_rest(state: ConcreteState) -> bool:
    """Whether no turn is in flight and no close pending."""
    return not state.in_flight.cells and not state.closing.cells
