"""Replay a list of actions in lockstep, and cut a failing one down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from spec.machine.concrete import ConcreteState
from spec.machine.trace import STEP, Step, fits
from stateful_tests.difference import Difference
from stateful_tests.lockstep import Lockstep
from stateful_tests.setting import Setting
from stateful_tests.shrink import cost, lower, prune, shrink

MakeLockstep = Callable[[Setting], Lockstep]


@dataclass(frozen=True)
class Failure:
    """A difference, cut down, and the world in which it shows."""

    setting: Setting
    difference: Difference


def replay(
    setting: Setting, steps: Iterable[Step], make: MakeLockstep = Lockstep
) -> Difference | None:
    """Perform `steps`, leaving out moves that the spec forbids; return the first difference."""
    return perform(make(setting), steps)


def perform(lockstep: Lockstep, steps: Iterable[Step]) -> Difference | None:
    """Perform `steps`, leaving out moves that the spec forbids; return the first difference."""
    try:
        for step in steps:
            lockstep.do(step)
    except Difference as difference:
        return difference
    return None


def taken(failure: Failure, make: MakeLockstep = Lockstep) -> list[tuple[ConcreteState, Step, Any]]:
    """Return each action that the spec takes in a trace: the state before, it, and the answer."""
    lockstep, actions = make(failure.setting), list[tuple[ConcreteState, Step, Any]]()
    lockstep.watch = lambda *action: actions.append(action)
    perform(lockstep, failure.difference.steps)
    return actions


def cut_down(setting: Setting, difference: Difference, make: MakeLockstep = Lockstep) -> Failure:
    """Return the same failure by a minimal trace, in as plain a world as shows it."""
    best = _shrunk(setting, difference, make)
    if steers(setting, make):
        best = _better(best, setting, moves_of(setting, best.difference.steps, make), make)
    for plainer in _PLAINER:
        for other in plainer(best.setting):
            if all(fits(step, other.size) for step in best.difference.steps):
                best = _better(best, other, best.difference.steps, make)
    return best


def pruned(failure: Failure, make: MakeLockstep = Lockstep) -> Failure:
    """Return the same failure without actions that it does not need."""
    setting = failure.setting
    return Failure(setting, prune(failure.difference, lambda steps: replay(setting, steps, make)))


def _better(best: Failure, setting: Setting, steps: list[Step], make: MakeLockstep) -> Failure:
    """Cut `steps` down where they fail in the same way; return what is no larger than `best`."""
    try:
        lockstep = make(setting)
    except ValueError:  # not every engine works in every plainer world
        return best
    found = perform(lockstep, steps)
    if found is None or found.check != best.difference.check:
        return best
    other = _shrunk(lockstep.setting, found, make)
    return other if cost(other.difference) <= cost(best.difference) else best


def steers(setting: Setting, make: MakeLockstep) -> bool:
    """Whether the engine makes single moves."""
    return make(setting).engine.steers


def moves_of(setting: Setting, steps: Iterable[Step], make: MakeLockstep = Lockstep) -> list[Step]:
    """Return the steps with each `step` replaced by the moves that the engine makes in it.

    Moves can be dropped one by one where a step of the engine's own policy cannot.
    """
    lockstep, moves = make(setting), list[Step]()
    try:
        for step in steps:
            lockstep.do(step)
            moves += lockstep.last_moves if step[0] == STEP else [step]
    except Difference:
        moves += lockstep.last_moves if step[0] == STEP else [step]
    return moves


def _shrunk(setting: Setting, difference: Difference, make: MakeLockstep) -> Failure:
    return Failure(setting, shrink(difference, lambda steps: replay(setting, steps, make)))


def _page_size(setting: Setting) -> Iterator[Setting]:
    """Smaller pages, as many tokens."""
    size = setting.size
    for page_size in lower(size.page_size)[1:]:
        pages = size.pages * size.page_size // page_size
        window_pages = size.window_pages * size.page_size // page_size
        smaller = replace(size, page_size=page_size, pages=pages, window_pages=window_pages)
        yield replace(setting, size=smaller)


def _rows(setting: Setting) -> Iterator[Setting]:
    """A row for each session."""
    if setting.size.rows < setting.size.sessions:
        yield replace(setting, size=replace(setting.size, rows=setting.size.sessions))


def _pages(setting: Setting) -> Iterator[Setting]:
    """Pages for two whole turns."""
    size = setting.size
    if size.pages < 2 * size.indices:
        yield replace(setting, size=replace(size, pages=2 * size.indices))


def _limits(setting: Setting) -> Iterator[Setting]:
    """The default limits and policy of the scheduler."""
    size = replace(setting.size, queue_limit=2)
    plain = Setting(size, seed=setting.seed, device=setting.device)
    if setting != plain:
        yield plain


def _features(setting: Setting) -> Iterator[Setting]:
    """Without what the model or the prompts may have, one at a time."""
    size = setting.size
    for none in ({"window": 0, "window_pages": 0}, {"recurrents": 0}, {"namespaces": 1},
                 {"texts": 1}):  # fmt: skip
        yield replace(setting, size=replace(size, **none))
    for lookahead in range(size.lookahead):
        drafts = min(setting.num_drafts, lookahead)
        overlap = min(setting.overlap, lookahead)
        plainer = replace(size, lookahead=lookahead)
        yield replace(setting, size=plainer, num_drafts=drafts, overlap=overlap)


_PLAINER = (_limits, _features, _rows, _pages, _page_size)
