"""Just enough of a state, of an engine and of a turn for one piece of their arithmetic."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, TypeVar

from impl.cache.record import KVRecord
from impl.sessions.session import Session
from impl.sessions.turn import Turn
from spec.machine.concrete import ConcreteState
from spec.machine.rules import rules
from spec.machine.size import Size

T = TypeVar("T")
CONSTANTS = rules().constants
SMALLEST = Size(sessions=1, turns=1, rows=1, pages=1, page_size=1, context_len=1)


def part(kind: type[T], **attributes: Any) -> T:
    """Return an object with these attributes and the methods of `kind`, which is not set up."""
    made = object.__new__(kind)
    vars(made).update(attributes)
    return made


def spec_size(**sizes: int) -> Size:
    """Return these sizes of a world, all others 1 or 0."""
    return part(Size, **vars(SMALLEST) | sizes)


def spec_state(size: Size, **cells: Any) -> Any:
    """Return a state in which the cell of turn 0, or of row 0, holds this in each of these maps."""
    constants = {name: getattr(size, name) for name in CONSTANTS}
    maps = {name: {0: value} for name, value in cells.items()}
    return part(ConcreteState, size=size, **constants, **maps)


def having(**attributes: Any) -> Any:
    """Return whatever has these attributes; others are not asked for."""
    return SimpleNamespace(**attributes)


def engine_turn(
    num_tokens: int,
    record: KVRecord | None = None,
    prompt_len: int | None = None,
    max_new_tokens: int = 0,
    first_prompt_len: int = 0,
) -> Turn:
    """Return a turn of this many tokens, all of its prompt if not told otherwise."""
    owner = Session(0, 0, 0.0, first_prompt_len=first_prompt_len)
    tokens: Any = range(num_tokens)  # nobody looks at them, only at how many they are
    turn = Turn(0, owner, tokens, max_new_tokens, record=record)
    turn.prompt_len = num_tokens if prompt_len is None else prompt_len
    return turn


def are_lengths(*numbers: int) -> bool:
    """Tell whether all of these are numbers of tokens or pages, or positions: 0 or more."""
    return all(n >= 0 for n in numbers)


def one_by_one(n: int, below: int) -> int:
    """Return `n`, which is less than `below`, as a plain number: a path for each."""
    return next(k for k in range(below) if k == n)
