"""What a log does not tell: the arguments that an action may have, and the moves left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from spec.language import NIL
from spec.machine.log.lines import UNTOLD
from spec.machine.log.state import LogState
from spec.machine.log.world import BOUNDLESS
from spec.machine.trace import Step, parameters
from spec.state import Why

Known = dict[str, Any]
Try = Callable[[LogState, Known], Iterable[Any]]


class Unobserved(ValueError):  # noqa: N818 - a limit of a log, not a fault of the program
    """An argument is not told for which not all values can be tried."""


def _row(s: LogState, known: Known) -> Any:
    return s.row[known["turn"]]


def _reserved(s: LogState, known: Known) -> range:
    allocated = s.allocated[_row(s, known)]
    known_tokens = min(s.tokens[known["turn"]], s.limit[known["turn"]])
    return range(allocated + 1, known_tokens + _ahead(s) + 1)


def _computed(s: LogState, known: Known) -> range:
    r = _row(s, known)
    return range(s.launched[r] + 1, min(s.allocated[r], s.tokens[known["turn"]]) + 1)


def _slid(s: LogState, known: Known) -> range:
    r = _row(s, known)
    return range(s.length(s.pages(s.cursor[r] + 1)), s.committed[r] + 1, s.length(1))


def _finished(s: LogState, known: Known) -> range:
    tokens = s.tokens[known["turn"]]
    return range(max(s.prompt[known["turn"]], tokens - _ahead(s)), tokens + 1)


def _hit(s: LogState, known: Known) -> range:
    x, t = s.session[known["turn"]], known["turn"]
    return range(min(s.whole(s.text_len[x]), s.pages(s.tokens[t]) - 1) + 1)


def _ahead(s: LogState) -> int:
    """Return how far beyond the known tokens there may be room: a page, where that is not told."""
    return int(s.lookahead if s.lookahead < BOUNDLESS else s.size.page_size)


TRIES: Mapping[tuple[str, str], Try] = MappingProxyType(
    {
        ("start", "hit"): _hit,
        ("reserve", "upto"): _reserved,
        ("extend", "upto"): _computed,
        ("slide", "upto"): _slid,
        ("finish", "n"): _finished,
        ("verify", "drafts"): lambda s, _: range(1, _ahead(s) + 1),
        ("verify", "accepted"): lambda _, known: range(known["drafts"] + 1),
        ("pre_abort", "why"): lambda *_: list(Why),
        ("evict", "prefix"): lambda s, _: list(s.cached.cells),
    }
)
"""What to try for an argument that was not observed, given those before it."""


def complete(s: LogState, step: Step) -> Iterator[Step]:
    """Generate an action with each argument told. Raises Unobserved for one that must be told."""
    name, args = step
    yield from ((name, each) for each in _completed(s, name, list(parameters(name)), args, {}))


def _completed(
    s: LogState, name: str, names: list[str], args: tuple[Any, ...], known: Known
) -> Iterator[tuple[Any, ...]]:
    if not args:
        yield ()
        return
    for value in [args[0]] if args[0] is not UNTOLD else _tries(s, name, names[0], known):
        told = {**known, names[0]: value}
        for rest in _completed(s, name, names[1:], args[1:], told):
            yield value, *rest


def _tries(s: LogState, name: str, parameter: str, known: Known) -> Iterable[Any]:
    if (tries := TRIES.get((name, parameter))) is not None:
        return tries(s, known)
    if parameter == "turn" and name in s.rules.moves:
        return list(s.in_flight.cells.values())
    if parameter == "session" and name in s.rules.moves:
        return list(s.opened.cells)
    if parameter == "namespace":
        return [0]
    raise Unobserved(f"{name} must tell its {parameter}")


def left_out(s: LogState, untold: Iterable[str], concerns: Known) -> Iterator[Step]:
    """Generate the moves that may have been made untold just before an event.

    They are of the event's own turn or session; only pages are evicted for others.
    """
    x, t = (concerns.get(sort, UNTOLD) for sort in ("session", "turn"))
    if x is UNTOLD and t is not UNTOLD:
        x = s.session[t]
    if t is UNTOLD and x is not UNTOLD:
        t = s.in_flight[x]
    for name in untold:
        own = {"turn": t, "session": x}
        args = tuple(own.get(parameter, UNTOLD) for parameter in parameters(name))
        if NIL not in args:
            yield from complete(s, (name, args))
