"""A trace: a world and a list of actions, in the one format that everything here prints and eats.

Line 1 is a JSON object with the sizes of the world; every further line is one action:

    {"turnstile": 1, "sessions": 2, "turns": 5, "rows": 2, "pages": 4, "page_size": 2, ...}
    {"do": "submit", "session": 0, "turn": 0, "new": 3, "max_new": 1, "edit": "append"}
    {"do": "reserve", "turn": 0, "upto": 3}

Whoever drives chose every argument, so a trace means the same on any engine and after some of its
actions were dropped. Two actions are the driver's alone: `step` lets the engine's own scheduler
choose its moves, and `fault` breaks what a turn is computed with.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import MISSING, asdict, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from spec.language import Atom
from spec.machine.rules import rules
from spec.machine.size import Size
from spec.state import Turn

VERSION = 1
STEP = "step"
FAULT = "fault"
LARGEST = 1_000_000
"""No size and no length in a trace is larger: nobody could replay it."""
LARGEST_SEED = 2**63 - 1

Args = tuple[Any, ...]
Step = tuple[str, Args]


class Point(StrEnum):
    """Where a fault is met, each time that its turn gets there."""

    FORWARD = "forward"  # a forward pass, before it has written anything
    LAYER = "layer"  # a forward pass whose first layers have written K, V and states
    MEMORY = "memory"  # the same place, where the device has no memory left
    VERIFY = "verify"  # a forward pass over drafts
    DRAFT = "draft"  # the drafter
    COLLECT = "collect"  # the reading of a result


DRIVERS: dict[str, dict[str, Any]] = {STEP: {}, FAULT: {"turn": Turn, "point": Point}}
"""Actions that the spec does not know, and the names and sorts of their arguments."""


CameFrom = dict[int, tuple[int, Step] | None]
"""Of each state's key, the key of the one before it and the action between; None for the first."""


class TraceError(ValueError):
    """A trace file that cannot be read: which line, what is wrong, what would be right."""


@dataclass(frozen=True)
class Trace:
    """A world, the actions taken in it, and what else a driver needs (seed, limits), by name."""

    size: Size
    steps: tuple[Step, ...]
    options: dict[str, int] = field(default_factory=dict)

    def dumps(self) -> str:
        """Write the trace as JSON lines."""
        head = {"turnstile": VERSION, **asdict(self.size), **self.options}
        lines = [head, *({"do": name, **named(name, args)} for name, args in self.steps)]
        return "".join(f"{json.dumps(line)}\n" for line in lines)

    def code(self) -> str:
        """Write the actions as Python calls, one a line."""
        return "\n".join(show(step) for step in self.steps)


def parameters(action: str) -> dict[str, Any]:
    """Return the names and sorts of an action's arguments as a trace spells them."""
    if action in DRIVERS:
        return DRIVERS[action]
    return {
        sort.__metadata__[0].name.lower() if _is_atom(sort) else name: sort
        for name, sort in rules().actions[action].params.items()
    }


def named(action: str, args: Args) -> dict[str, Any]:
    """Return the arguments by name."""
    return dict(zip(parameters(action), args, strict=True))


def show(step: Step) -> str:
    """Write one action as a call: `submit(session=0, turn=1, new=2, max_new=1, edit="append")`."""
    name, args = step
    return f"{name}({', '.join(f'{k}={json.dumps(v)}' for k, v in named(name, args).items())})"


def fits(step: Step, size: Size) -> bool:
    """Whether a world has all that an action names: its session, turn, namespace, text."""
    name, args = step
    sorts = zip(parameters(name).values(), args, strict=True)
    return all(value in size.domain(sort) for sort, value in sorts if _is_atom(sort))


def steps_to(key: int, came_from: CameFrom) -> list[Step]:
    """Return the actions from the initial state to the state of `key`."""
    steps: list[Step] = []
    while (came := came_from[key]) is not None:
        key, step = came
        steps.append(step)
    return steps[::-1]


def loads(text: str, source: str = "trace") -> Trace:
    """Read a trace. Raises TraceError with a sentence that names the line."""
    lines = list(_objects(text, source))
    if not lines:
        raise TraceError(f"{source} is empty; a trace begins with a line that describes its world.")
    (number, head), *rest = lines
    if head.get("turnstile") != VERSION:
        raise TraceError(
            f'{source}, line {number}: a trace begins with {{"turnstile": {VERSION}, ...}}.'
        )
    sizes = [f.name for f in fields(Size)]
    numbers = {
        f.name: _number(head, f.name, f"{source}, line {number}")
        for f in fields(Size)
        if f.name in head or f.default is MISSING
    }
    options = {k: v for k, v in head.items() if k not in {"turnstile", *sizes}}
    for name in options:
        most = LARGEST_SEED if name == "seed" else LARGEST
        _number(options, name, f"{source}, line {number}", most)
    try:
        size = Size(**numbers)
    except ValueError as wrong:
        raise TraceError(f"{source}, line {number}: {wrong}.") from None
    steps = (_step(line, size, f"{source}, line {n}") for n, line in rest)
    return Trace(size, tuple(steps), options)


def load(path: Path) -> Trace:
    """Read a trace file. Raises TraceError, also where there is no such file."""
    try:
        return loads(path.read_text(encoding="utf-8"), str(path))
    except OSError as wrong:
        raise TraceError(f"cannot read {path}: {wrong.strerror}.") from None
    except UnicodeDecodeError:
        raise TraceError(f"{path} is not a text file; a trace is JSON lines in UTF-8.") from None


def _objects(text: str, source: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except json.JSONDecodeError as wrong:
            raise TraceError(
                f"{source}, line {number}: not JSON ({wrong.msg} at column {wrong.colno}); "
                "is the file cut short?"
            ) from None
        if not isinstance(value, dict):
            raise TraceError(f"{source}, line {number}: expected a JSON object.")
        yield number, value


def _number(values: dict[str, Any], name: str, where: str, most: int = LARGEST) -> int:
    value = values.get(name)
    if value is None:
        raise TraceError(f"{where}: the field {name!r} is missing.")
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TraceError(f"{where}: {name} must be a whole number from 0 on, not {value!r}.")
    if value > most:
        raise TraceError(f"{where}: {name} is {value}; the most that can be replayed is {most}.")
    return value


def _step(line: dict[str, Any], size: Size, where: str) -> Step:
    action = line.get("do")
    known = [*rules().actions, *DRIVERS]
    if action not in known:
        raise TraceError(f"{where}: unknown action {action!r}; actions are {', '.join(known)}.")
    sorts = parameters(action)
    if unknown := [k for k in line if k != "do" and k not in sorts]:
        raise TraceError(f"{where}: {action} has no argument {', '.join(unknown)}.")
    return action, tuple(_argument(line, name, sort, size, where) for name, sort in sorts.items())


def _argument(line: dict[str, Any], name: str, sort: Any, size: Size, where: str) -> Any:
    if not (isinstance(sort, type) and issubclass(sort, StrEnum)):
        number = _number(line, name, where)
        if _is_atom(sort) and number not in size.domain(sort):
            last = len(size.domain(sort)) - 1
            raise TraceError(f"{where}: {name} is {number}; this world has {name}s 0 to {last}.")
        return number
    value = line.get(name)
    if value not in list(sort):
        raise TraceError(f"{where}: {name} must be one of {', '.join(sort)}, not {value!r}.")
    return sort(value)


def _is_atom(sort: Any) -> bool:
    return isinstance(getattr(sort, "__metadata__", (None,))[0], Atom)
