"""What leads to findings: actions that a run leaves alone in order to find others."""

from __future__ import annotations

from spec.language import NIL
from spec.machine.concrete import ConcreteState
from spec.machine.trace import Step
from spec.state import Edit
from stateful_tests.lockstep import SPARE, SUBMITS, prompt_len

LEFT_FREE = 5
"""Tokens of a context that a release keeps from prompts."""


def submits_beside_a_turn(s: ConcreteState, step: Step) -> bool:
    """A turn is submitted while another of its session is in flight."""
    name, args = step
    return name == "submit" and s.in_flight[args[0]] is not NIL


def is_refused(s: ConcreteState, step: Step) -> bool:
    """A turn is refused, for whatever reason but its size."""
    name, args = step
    return name == "submit" and (
        submits_beside_a_turn(s, step) or args[4] != Edit.APPEND or not s.opened[args[0]]
    )


def is_refused_without_a_slot(s: ConcreteState, step: Step) -> bool:
    """A turn is refused whose session has no slot: its stub gets a row as a first turn does."""
    return is_refused(s, step) and s.slot[step[1][0]] is NIL


def aborts_a_waiting_turn(s: ConcreteState, step: Step) -> bool:
    """The end of a turn is asked for before it runs."""
    name, args = step
    x = s.session[args[0]] if name == "abort" else NIL
    return x is not NIL and s.in_flight[x] == args[0] and s.row[args[0]] is NIL


def aborts_a_first_turn(s: ConcreteState, step: Step) -> bool:
    """The end of a turn is asked for whose session has no slot."""
    name, args = step
    x = s.session[args[0]] if name == "abort" else NIL
    return x is not NIL and s.slot[x] is NIL


def aborts_a_later_turn(s: ConcreteState, step: Step) -> bool:
    """The end of a turn is asked for whose session has a slot."""
    name, args = step
    x = s.session[args[0]] if name == "abort" else NIL
    return x is not NIL and s.slot[x] is not NIL


def closes_under_a_turn(s: ConcreteState, step: Step) -> bool:
    """A session is closed with a turn in flight."""
    name, args = step
    return name == "close" and s.in_flight[args[0]] is not NIL


def is_too_long(s: ConcreteState, step: Step) -> bool:
    """A turn is submitted whose prompt leaves fewer than five tokens of its context."""
    return step[0] == "submit" and prompt_len(s, step) > s.size.context_len - LEFT_FREE


def asks_for_no_output(_: ConcreteState, step: Step) -> bool:
    """A turn is submitted that is to say nothing."""
    name, args = step
    return name == "submit" and not args[3]


def goes_on(s: ConcreteState, step: Step) -> bool:
    """A later turn is submitted."""
    name, args = step
    return name == "submit" and s.req_nodes[args[0]] is not NIL


def takes_the_last_row(s: ConcreteState, step: Step) -> bool:
    """A turn is submitted, and rows in use and asked for may leave none to spare.

    One that goes on from a slot may need another row: it may be too long, and run as a stub.
    """
    waiting = [t for t in s.in_flight.cells.values() if s.row[t] is NIL]
    return step[0] in SUBMITS and len(s.holder.cells) + len(waiting) + 1 >= s.size.rows


def may_not_fit(s: ConcreteState, step: Step) -> bool:
    """A turn is submitted that finds too few pages if idle sessions keep theirs."""
    name, args = step
    if name not in SUBMITS:
        return False
    x, _, _, max_new, *_ = args
    asked = prompt_len(s, step) + max_new
    others = [t for y, t in s.in_flight.cells.items() if y != x]
    slots = [r for r, y in s.holder.cells.items() if y != x and s.in_flight[y] is NIL]
    pages = sum(s.pages(s.limit[t]) for t in others) + sum(s.pages(s.allocated[r]) for r in slots)
    spare = 2 * (len(s.in_flight.cells) + 1)  # batches in the air, and stubs
    return pages + s.pages(asked) + spare > s.size.pages // SPARE


def may_be_put_back(s: ConcreteState, step: Step) -> bool:
    """A turn is submitted beside others, and memory may run short while they run."""
    return may_not_fit(s, step) and any(y != step[1][0] for y in s.in_flight.cells)


def may_find_no_room(s: ConcreteState, step: Step) -> bool:
    """A turn is submitted that may have to wait for a row, or for pages."""
    return takes_the_last_row(s, step) or may_not_fit(s, step)


def runs_as_a_stub(s: ConcreteState, step: Step) -> bool:
    """A turn is submitted that is refused, or too long."""
    return is_too_long(s, step) or is_refused(s, step)


def uses_a_namespace(_: ConcreteState, step: Step) -> bool:
    """A session, or a plain request, is of another namespace than the first."""
    name, args = step
    return (name == "open" and args[1] != 0) or (name == "generate" and args[4] != 0)
