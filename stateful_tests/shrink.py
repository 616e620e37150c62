"""Cut a failing trace down: fewer actions, then smaller numbers, as long as the same check fails.

Whoever drives chose every argument, so an action means the same after others were dropped; a move
that is no longer allowed is left out by the replay itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

from spec.language import Len
from spec.machine.trace import STEP, Step, parameters
from stateful_tests.difference import Difference

Replay = Callable[[list[Step]], Difference | None]
"""Runs a list of actions from the start and returns the first difference, if any."""

SMALL = 8
"""Every number below is tried in place of a larger one."""


def shrink(difference: Difference, replay: Replay) -> Difference:
    """Return a difference of the same check whose trace cannot be cut any further.

    Minimal means: no run of actions and no pair can be dropped or done by the engine in one step,
    no number lowered by one or to a small one, and no two lengths lowered by one together, without
    losing the failure.
    """
    shrinking = _Shrinking(difference, replay)
    before = None
    while before is not shrinking.best:
        before = shrinking.best
        shrinking.replace_runs([])
        shrinking.replace_runs([(STEP, ())])
        for candidates in (_without_pairs, _renamed, _lowered, _lowered_together):
            shrinking.attempt_all(candidates)
    return shrinking.best


def prune(difference: Difference, replay: Replay) -> Difference:
    """Return a difference of the same check from which no run of actions can be dropped."""
    shrinking = _Shrinking(difference, replay)
    before = None
    while before is not shrinking.best:
        before = shrinking.best
        shrinking.replace_runs([])
    return shrinking.best


def cost(difference: Difference) -> tuple[int, list[int]]:
    """The number of actions first, then the numbers in them, in their order."""
    numbers = [arg for _, args in difference.steps for arg in args if isinstance(arg, int)]
    return len(difference.steps), numbers


class _Shrinking:
    """The best trace so far; no list of actions is tried twice."""

    def __init__(self, difference: Difference, replay: Replay) -> None:
        self.best, self._replay = difference, replay
        self._tried = {tuple(difference.steps)}

    def attempt(self, steps: list[Step]) -> bool:
        """Take `steps` if they are the same failure by less."""
        if tuple(steps) in self._tried:
            return False
        self._tried.add(tuple(steps))
        found = self._replay(steps)
        if found is None or found.check != self.best.check or cost(found) >= cost(self.best):
            return False
        self.best = found
        return True

    def replace_runs(self, instead: list[Step]) -> None:
        """Put `instead` in the place of runs of actions, long runs first."""
        width = len(self.best.steps)
        while width > len(instead):
            start = 0
            while start + width <= len(self.best.steps):
                steps = self.best.steps
                if not self.attempt([*steps[:start], *instead, *steps[start + width :]]):
                    start += max(1, width // 2)
            width //= 2

    def attempt_all(self, candidates: Callable[[list[Step]], Iterator[list[Step]]]) -> None:
        """Try candidates until none of them is better."""
        while any(self.attempt(steps) for steps in candidates(self.best.steps)):
            pass


def _without_pairs(steps: list[Step]) -> Iterator[list[Step]]:
    for i in range(len(steps)):
        for j in range(i + 2, len(steps)):
            yield steps[:i] + steps[i + 1 : j] + steps[j + 1 :]


def _lowered(steps: list[Step]) -> Iterator[list[Step]]:
    for i, (_, args) in enumerate(steps):
        for k, arg in enumerate(args):
            if type(arg) is int:
                for value in lower(arg):
                    yield _changed(steps, i, k, value)


def lower(number: int) -> list[int]:
    """Return numbers to try instead: all that are small, half as much, one less."""
    return sorted({*range(min(number, SMALL)), number // 2, number - 1} - {number, -1})


def _lowered_together(steps: list[Step]) -> Iterator[list[Step]]:
    """Generate the steps with two lengths lowered by as much: half the smaller one, a quarter, ...

    What a turn is asked for and where it ends often go together only. The moves in between that
    made more are then forbidden, so that the replay leaves them out, wherever they are.
    """
    lengths = [(i, k) for i, (name, args) in enumerate(steps) for k in _lengths(name) if args[k]]
    for (i, k), (j, m) in combinations(lengths, 2):
        one, other = steps[i][1][k], steps[j][1][m]
        least = min(one, other)
        for halvings in range(1, least.bit_length() + 1):
            by = max(1, least >> halvings)
            yield _changed(_changed(steps, i, k, one - by), j, m, other - by)


def _changed(steps: list[Step], i: int, k: int, value: int) -> list[Step]:
    """Return the steps with another value of the `k`-th argument of the `i`-th action."""
    name, args = steps[i]
    return [*steps[:i], (name, (*args[:k], value, *args[k + 1 :])), *steps[i + 1 :]]


def _renamed(steps: list[Step]) -> Iterator[list[Step]]:
    """Generate the steps with two sessions, or two turns, swapped everywhere."""
    for sort in ("session", "turn"):
        used = {args[names.index(sort)] for name, args in steps if sort in (names := _names(name))}
        for high in used:
            for low in range(high):
                swap = {high: low, low: high}
                yield [
                    (
                        name,
                        tuple(
                            swap.get(arg, arg) if parameter == sort else arg
                            for parameter, arg in zip(_names(name), args, strict=True)
                        ),
                    )
                    for name, args in steps
                ]


def _names(action: str) -> list[str]:
    return list(parameters(action))


def _lengths(action: str) -> list[int]:
    """Return the places of the arguments that count tokens."""
    return [k for k, sort in enumerate(parameters(action).values()) if sort == Len]
