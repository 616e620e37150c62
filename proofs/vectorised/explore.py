"""Every state of a small world, breadth first, many states at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from proofs.vectorised.machine import Machine
from proofs.vectorised.replay import Path, Replay
from proofs.vectorised.seen import Seen
from spec.machine.explore import Exploration
from spec.machine.rules import Rules
from spec.machine.worlds import World

CHUNK = {"cpu": 1 << 17, "cuda": 1 << 21}
"""By device: states that are expanded at once, and that are renamed at once."""


@dataclass
class Level:
    """The states that are as far from the initial one; where each comes from, by place."""

    rows: Tensor
    parents: Tensor
    instances: Tensor


class VectorisedExplorer:
    """Breadth-first search of one world under one spec text, as `Explorer`, over tensors.

    On a CPU it works on one core: where others are busy, threads of torch wait for each other far
    longer than they work.
    """

    def __init__(
        self, rules: Rules, world: World, device: str = "cpu", chunk: int | None = None
    ) -> None:
        self.rules, self.world = rules, world
        self.found = Exploration(world)
        where = torch.device(device)
        self.chunk = chunk or CHUNK[where.type]
        with _quick():
            self.machine = Machine(rules, world, where)
        self._origins: list[tuple[Tensor, Tensor]] = []  # of each level: parents and instances
        self._first_seen: dict[str, tuple[int, int]] = {}  # of each case: level and place

    def run(
        self,
        max_states: int | None = None,
        progress: Callable[[Exploration], None] | None = None,
        visit: Callable[[Tensor], None] | None = None,
    ) -> Exploration:
        """Visit every reachable state, or about `max_states`; stop at the first violation.

        Both are looked at after each chunk. `self.found` is valid, if partial, at any time. `visit`
        is shown the rows of each chunk.
        """
        started, found = time.perf_counter(), self.found
        with _quick():
            seen = Seen(self.machine.device)
            level = self._start(seen)
            self.machine.watch(list(self.rules.cases))
            try:
                while len(level.rows):
                    self._origins.append((level.parents.cpu(), level.instances.cpu()))
                    parts: list[Level] = []
                    for start in range(0, len(level.rows), self.chunk):
                        rows = level.rows[start : start + self.chunk]
                        if visit:
                            visit(rows)
                        self._expand(rows, start, seen, parts)
                        found.seconds = time.perf_counter() - started
                        if progress:
                            progress(found)
                        if found.violation or (max_states and found.states >= max_states):
                            return found
                    level = _joined(level, parts)
                    found.depth += bool(len(level.rows))
                found.complete = True
            finally:
                self._tell_cases()
                found.seconds = time.perf_counter() - started
        return found

    def _start(self, seen: Seen) -> Level:
        machine = self.machine
        initial = machine.layout.tensor([self.world.initial(self.rules)], machine.dtype)
        rows, first, second = machine.effects.canonical(initial.to(machine.device))
        seen.add(first, second)
        none = torch.zeros(1, dtype=torch.int32, device=machine.device)
        return Level(rows, none, none.to(torch.int16))

    def _expand(self, rows: Tensor, start: int, seen: Seen, parts: list[Level]) -> None:
        """Take every action in every state of a chunk."""
        machine, found = self.machine, self.found
        columns = machine.effects.columns(rows)
        totals, idle_breaks, acts = machine.guards(columns)
        self._see_cases(columns, start)
        parents, lengths = machine.acting(acts)
        del columns, acts
        bad = [torch.nonzero(idle_breaks).flatten()]
        for new in machine.effects.blocks(rows, parents, lengths, self.chunk):
            fresh = seen.add(new.first, new.second)
            kept, came = new.rows[fresh], new.parents[fresh]
            bad += [new.parents[new.broken], came[machine.violated(kept)]]
            parts.append(Level(kept, (came + start).to(torch.int32), new.instances[fresh]))
            found.states += len(kept)
        taken, no_room = machine.counters(totals.tolist())
        found.transitions += taken.total()
        found.taken += taken
        found.no_room += no_room
        every = torch.cat(bad)
        if len(every):
            path = self._path(len(self._origins) - 1, start + int(every.min()))
            found.violation = Replay(machine).violation(path)

    def _see_cases(self, columns: Tensor, start: int) -> None:
        seen = self.machine.cases(columns)
        for name, place in seen.items():
            self._first_seen[name] = len(self._origins) - 1, start + place
        if seen:
            self.machine.watch([name for name in self.rules.cases if name not in self._first_seen])

    def _path(self, level: int, place: int) -> Path:
        """Return the instances that lead from the initial state to a state."""
        path = []
        for parents, instances in self._origins[level:0:-1]:
            path.append(int(instances[place]))
            place = int(parents[place])
        return tuple(reversed(path))

    def _tell_cases(self) -> None:
        replay = Replay(self.machine)
        for name, (level, place) in self._first_seen.items():
            self.found.cases[name] = replay.case(name, self._path(level, place))


def _joined(level: Level, parts: list[Level]) -> Level:
    """Return the level that follows."""
    if not parts:
        return Level(level.rows[:0], level.parents[:0], level.instances[:0])
    return Level(
        torch.cat([part.rows for part in parts]),
        torch.cat([part.parents for part in parts]),
        torch.cat([part.instances for part in parts]),
    )


@contextmanager
def _quick() -> Iterator[None]:
    """Keep no record for gradients, and one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.inference_mode():
            yield
    finally:
        torch.set_num_threads(threads)
