"""Path forking: a function of symbolic values runs once for each way its conditions can turn out.

The runs make up a tree, which is folded back into one formula for each thing of interest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from proofs.vectorised.graph import Graph, Node
from spec.language import Broken, Forbidden, NoRoom

MOST_RUNS = 5000


@dataclass
class Run:
    """One run: how conditions turned out, and what became of it."""

    script: list[bool]
    decided: list[Node] = field(default_factory=list)
    known: dict[Node, bool] = field(default_factory=dict)
    values: dict[Node, Node] = field(default_factory=dict)  # what equals a constant here
    wrote_at_nil: list[Node] = field(default_factory=list)
    escaped: list[Node] = field(default_factory=list)  # left the numbers that fit a cell
    result: Any = None  # or the exception that ended it


class NotFiniteError(TypeError):
    """A rule does something that has no formula over finitely many cells."""


class Forks:
    """The runs under way, the outermost first."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.guard = graph.true  # of the iteration of a span loop that is run
        self._open: list[Run] = []

    @property
    def outermost(self) -> Run:
        """The run of the rule itself, not of a formula inside it."""
        return self._open[0]

    def known(self, condition: Node) -> bool | None:
        """Return how the runs under way decide `condition`, or None."""
        if condition.constant:
            return condition is self.graph.true
        if condition.op == "not":
            opposite = self.known(condition.args[0])
            return None if opposite is None else not opposite
        for run in self._open:
            if condition in run.known:
                return run.known[condition]
            if condition.op == "eq" and condition.args[1].constant:
                value = run.values.get(condition.args[0])
                if value is not None:
                    return value is condition.args[1]
        return None

    def decide(self, condition: Node) -> bool:
        """Return how `condition` turns out in this run; a new one is tried as true first."""
        known = self.known(condition)
        if known is not None:
            return known
        run = self._open[-1]
        if len(run.decided) == len(run.script):
            run.script.append(True)
        holds = run.script[len(run.decided)]
        run.decided.append(condition)
        self._learn(run, condition, holds)
        return holds

    def _learn(self, run: Run, condition: Node, holds: bool) -> None:
        if condition.op == "not":
            condition, holds = condition.args[0], not holds
        run.known[condition] = holds
        if holds and condition.op == "eq" and condition.args[1].constant:
            run.values[condition.args[0]] = condition.args[1]
        if condition.op == ("and" if holds else "or"):
            for part in condition.args:
                self._learn(run, part, holds)

    def runs(self, body: Callable[[], Any]) -> list[Run]:
        """Return every run of `body`, those in which the first condition holds first."""
        script: list[bool] = []
        runs: list[Run] = []
        while True:
            run = Run(script)
            self._open.append(run)
            try:
                run.result = body()
            except (Forbidden, NoRoom, Broken) as outcome:
                run.result = outcome
            finally:
                self._open.pop()
            run.script = list(script)
            runs.append(run)
            if len(runs) > MOST_RUNS:
                raise NotFiniteError(f"more than {MOST_RUNS} paths")
            while script and not script[-1]:
                script.pop()
            if not script:
                return runs
            script[-1] = False

    def fold(
        self, runs: list[Run], leaf: Callable[[Run], Node | None], depth: int = 0
    ) -> Node | None:
        """Return what `leaf` says of the run that happens; None stands for whatever suits."""
        if len(runs) == 1:
            return leaf(runs[0])
        split = next(i for i, run in enumerate(runs) if not run.script[depth])
        then = self.fold(runs[:split], leaf, depth + 1)
        other = self.fold(runs[split:], leaf, depth + 1)
        if then is None or other is None:
            return other if then is None else then
        return self.graph.choice(runs[0].decided[depth], then, other)

    def when(self, runs: list[Run], holds: Callable[[Run], bool]) -> Node:
        """Return when a run happens for which `holds` is true."""
        node = self.fold(runs, lambda run: self.graph.truth(holds(run)))
        assert node is not None
        return node

    def formula(self, body: Callable[[], Any], node_of: Callable[[Any], Node]) -> Node:
        """Return what `body` comes to, its forks folded back."""

        def leaf(run: Run) -> Node:
            if isinstance(run.result, Exception):
                raise NotFiniteError("a formula neither requires nor ensures") from run.result
            return node_of(run.result)

        guard, self.guard = self.guard, self.graph.true
        node = self.fold(self.runs(body), leaf)
        self.guard = guard
        assert node is not None
        return node
