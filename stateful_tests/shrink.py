"""Cut a failing trace down: fewer actions, then smaller numbers, as long as the same check fails.

Whoever drives chose every argument, so an action means the same after others were dropped; a move
that is no longer allowed is left out by the replay itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from spec.machine.trace import STEP, Step, parameters
from stateful_tests.difference import Difference

Replay = Callable[[list[Step]], Difference | None]
"""Runs a list of actions from the start and returns the first difference, if any."""


def shrink(difference: Difference, replay: Replay) -> Difference:
    """Return a difference of the same check whose trace cannot be cut any further.

    Minimal means: no run of actions and no pair can be dropped or done by the engine in one step,
    and no number lowered, without losing the failure.
    """
    best = difference
    while True:
        smaller = next(
            (found for found in map(replay, _smaller(best.steps)) if _same(found, best)), None
        )
        if smaller is None:
            return best
        best = smaller


def _same(found: Difference | None, best: Difference) -> bool:
    """Tell whether `found` is the same failure by a trace that is smaller."""
    return found is not None and found.check == best.check and cost(found) < cost(best)


def cost(difference: Difference) -> tuple[int, list[int]]:
    """The number of actions first, then the numbers in them, in their order."""
    numbers = [arg for _, args in difference.steps for arg in args if isinstance(arg, int)]
    return len(difference.steps), numbers


def _smaller(steps: list[Step]) -> Iterator[list[Step]]:
    """Generate candidates: runs of actions dropped, done in one step, pairs dropped, numbers."""
    length = len(steps)
    width = length // 2
    while width >= 1:
        for start in range(0, length - width + 1, max(1, width // 2)):
            yield steps[:start] + steps[start + width :]
        width //= 2
    for width in range(length - 1, 1, -1):
        for start in range(length - width + 1):
            yield [*steps[:start], (STEP, ()), *steps[start + width :]]
    for i in range(length):
        for j in range(i + 2, length):
            yield steps[:i] + steps[i + 1 : j] + steps[j + 1 :]
    yield from _renamed(steps)
    for i, (name, args) in enumerate(steps):
        for k, arg in enumerate(args):
            if type(arg) is int:
                for value in range(arg):
                    yield [*steps[:i], (name, (*args[:k], value, *args[k + 1 :])), *steps[i + 1 :]]


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
