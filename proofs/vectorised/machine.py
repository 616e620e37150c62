"""One world's rules as tensor programs: what happens in each state of a batch."""

from __future__ import annotations

from collections import Counter

import torch
from torch import Tensor

from proofs.vectorised.effects import Effects, Lengths
from proofs.vectorised.graph import LARGEST, Node
from proofs.vectorised.layout import Layout
from proofs.vectorised.program import Constants, compiled
from proofs.vectorised.tracer import Tracer, traced
from spec.machine.rules import Rules
from spec.machine.worlds import World

MANY = 30_000  # what sixteen bits hold, less than a little


class Machine:
    """The rules of one world, compiled for one device."""

    def __init__(self, rules: Rules, world: World, device: torch.device) -> None:
        self.layout, self.device = Layout(rules, world), device
        try:
            self._compile(torch.int8, LARGEST)
        except OverflowError:
            self._compile(torch.int16, MANY)

    def _compile(self, dtype: torch.dtype, largest: int) -> None:
        self.tracer = tracer = traced(self.layout, largest)
        self.dtype, self.constants = dtype, Constants(self.device, dtype)
        self.instances = tracer.instances()
        self.effects = Effects(tracer, self.instances, self.constants)
        self._cases = tracer.cases(self.instances)
        self._actions = list(dict.fromkeys(each.action for each in self.instances))
        idle = tracer.graph.any([each.idle_breaks for each in self.instances])
        acts = [self.instances[n].acts for n in self.effects.acting]
        self._guard = compiled([*self._totals(tracer), idle, *acts], self.constants)
        self._invariants = compiled([tracer.invariants()], self.constants)
        self.watch([])

    def _totals(self, tracer: Tracer) -> list[Node]:
        """Return how many instances of each action are taken, and then how many have no room."""
        totals = []
        for what in ("taken", "no_room"):
            for action in self._actions:
                total = tracer.graph.zero
                for each in self.instances:
                    if each.action == action:
                        one = tracer.graph.count(getattr(each, what))
                        total = tracer.graph.add(total, one)
                totals.append(total)
        return totals

    def guards(self, columns: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Return how often each action is taken or has no room, idle breaks, and who acts."""
        found = self._guard(columns)
        n = 2 * len(self._actions)
        totals = torch.stack([column.sum(dtype=torch.int64) for column in found[:n]])
        return totals, found[n], found[n + 1 :]

    def counters(self, totals: list[int]) -> tuple[Counter[str], Counter[str]]:
        """Return totals by action: taken, and without room."""
        n = len(self._actions)
        taken = {a: k for a, k in zip(self._actions, totals[:n], strict=True) if k}
        no_room = {a: k for a, k in zip(self._actions, totals[n:], strict=True) if k}
        return Counter(taken), Counter(no_room)

    def acting(self, acts: list[Tensor]) -> tuple[Tensor, Lengths]:
        """Return the states that act, one instance after the other, and how many each has."""
        if self.device.type == "cpu":  # nobody waits for a device, and narrow work is faster
            where = [torch.nonzero(column).flatten() for column in acts]
            counts = [len(each) for each in where]
            parents = torch.cat(where)
        else:
            flags = torch.stack(acts)
            counts = flags.sum(1).tolist()
            parents = torch.nonzero(flags)[:, 1].contiguous()
        return parents, [(n, k) for n, k in zip(self.effects.acting, counts, strict=True) if k]

    def violated(self, rows: Tensor) -> Tensor:
        """Return which states break an invariant."""
        return self._invariants(self.effects.columns(rows))[0]

    def watch(self, names: list[str]) -> None:
        """Look out for the given cases from now on, as far as this world can have them."""
        self._watched = [name for name in names if name in self._cases]
        self._look = compiled([self._cases[name] for name in self._watched], self.constants)

    def cases(self, columns: Tensor) -> dict[str, int]:
        """Return the watched cases that are seen, and in which state of the batch."""
        if not self._watched:
            return {}
        flags = self._look(columns)
        seen = torch.stack([flag.any() for flag in flags]).tolist()
        named = zip(self._watched, flags, seen, strict=True)
        return {name: int(torch.nonzero(flag)[0]) for name, flag, is_seen in named if is_seen}
