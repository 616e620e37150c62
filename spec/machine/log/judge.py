"""Judges a log event by event: the spec takes each, or says why it cannot have happened.

While all is told there is one state, and an event is one run of the spec's text. Where something is
not told there are several states that fit what was told so far; a log is refused when none fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from spec.language import Broken, Forbidden, NoRoom
from spec.machine.log.choices import Unobserved, complete, left_out
from spec.machine.log.lines import REFUSED, SEE, Event, LogError, Reader
from spec.machine.log.quick import quick_rules
from spec.machine.log.seen import SEEN
from spec.machine.log.state import LogState
from spec.machine.log.why import Part, why
from spec.machine.trace import parameters
from spec.state import Answer

MOST_STATES = 256
"""States that may fit at a time; a log that tells so little decides nothing."""

MOST_LEFT_OUT = 4
"""Untold moves that are tried before one event."""


@dataclass(frozen=True)
class Objection:
    """The first event that the spec does not take, and why."""

    event: Event
    words: str
    parts: tuple[Part, ...] = ()  # of the guard that does not hold


class Ambiguous(Exception):  # noqa: N818 - it says that the log tells too little
    """Too many states fit what a log tells: none can be told to be wrong."""


class Judge:
    """The states that fit what a log has told so far."""

    def __init__(self, reader: Reader) -> None:
        self.reader, self.rules = reader, quick_rules()
        self.states = [LogState(reader.size)]
        self.num_events = 0
        self._actions = self.rules.actions
        self._places = {SEE: (0, 1), **{name: _places(name) for name in self._actions}}

    def judge(self, events: Iterable[Event]) -> Objection | None:
        """Take events until one is refused; return why. Raises Ambiguous, and LogError."""
        untold = self.reader.untold
        for event in events:
            if not untold and event.told and len(self.states) == 1:
                objection = self._take_one(event)
            else:
                objection = self._take_any(event)
            if objection:
                return objection
            self.num_events += 1
        return None

    # -- all is told

    def _take_one(self, event: Event) -> Objection | None:
        [s] = self.states
        if event.answer is None and event.sees is None:
            try:
                self._actions[event.name].run(s, *event.args)
            except (Forbidden, NoRoom, Broken) as error:
                return _objection(event, error)
            return None
        return self._taken(event, s, event.args)

    def _taken(self, event: Event, s: LogState, args: tuple[Any, ...]) -> Objection | None:
        """Let one state take an event, and compare what the log observed."""
        concerns = self._concerned(s, event.name, args)
        try:
            answer = None if event.name == SEE else self._actions[event.name].run(s, *args)
        except (Forbidden, NoRoom, Broken) as error:
            return _objection(event, error)
        told = event.answer
        if told is not None and told != answer and not (told == REFUSED and answer != Answer.OK):
            return Objection(event, f"the log has the answer {told}, the spec {answer}")
        for name, value in (event.sees or {}).items():
            if (found := SEEN[name](s, *concerns)) != value:
                return Objection(event, f"the log sees {name} {value}, the spec has {found}")
        return None

    def _concerned(self, s: LogState, name: str, args: tuple[Any, ...]) -> tuple[Any, Any]:
        """Return the session and the turn that an event speaks of."""
        at_x, at_t = self._places[name]
        x = None if at_x is None else args[at_x]
        t = None if at_t is None else args[at_t]
        if x is None and t is not None:
            x = s.session[t]
        return x, s.in_flight[x] if t is None else t

    # -- something is not

    def _take_any(self, event: Event) -> Objection | None:
        """Keep all states that an event leads to, after as few untold moves as can be.

        A request without its answer may have met any number of them: it is never forbidden.
        """
        objection, before, after = None, self.states, list[LogState]()
        is_open = event.name in self.rules.requests and event.answer is None
        for _ in range(MOST_LEFT_OUT + 1):
            for s in before:
                for args in self._completed(event, s):
                    refused = self._taken(event, new := s.fork(), args)
                    objection = objection or refused
                    if refused is None:
                        after.append(new)
            if after and not is_open:
                break
            before = _distinct(new for s in before for new in self._silently(s, event))
        if after:
            self.states = _distinct(after)
            return None
        return objection or Objection(event, "no argument that the log leaves open fits")

    def _completed(self, event: Event, s: LogState) -> Iterator[tuple[Any, ...]]:
        """Generate the arguments that an event may have. Raises LogError."""
        if event.name == SEE:
            yield event.args
            return
        try:
            for _, args in complete(s, (event.name, event.args)):
                yield args
        except Unobserved as wrong:
            where = f"{self.reader.source}, line {event.number}"
            raise LogError(f"{where}: {wrong}.") from None

    def _silently(self, s: LogState, event: Event) -> Iterator[LogState]:
        """Generate the states that one untold move leads to."""
        names = ("session", "turn") if event.name == SEE else parameters(event.name)
        own = {k: v for k, v in zip(names, event.args, strict=True) if v is not None}
        for name, args in left_out(s, self.reader.untold, own):
            new = s.fork()
            try:
                self._actions[name].run(new, *args)
            except (Forbidden, NoRoom):
                continue
            yield new


def _places(name: str) -> tuple[int | None, int | None]:
    """Return where an action's arguments name a session, and a turn."""
    names = list(parameters(name))
    session, turn = (names.index(n) if n in names else None for n in ("session", "turn"))
    return session, turn


def _objection(event: Event, error: Exception) -> Objection:
    if isinstance(error, Broken):
        return Objection(event, f"the spec breaks down: {error}")
    if isinstance(error, NoRoom):
        return Objection(event, "there is no room for it in the spec's pools")
    return Objection(event, "the spec forbids it here", tuple(why(error)))


def _distinct(states: Iterable[LogState]) -> list[LogState]:
    """Return each state once. Raises Ambiguous if there are too many."""
    found = list[LogState]()
    for s in states:
        if not any(s.same_as(other) for other in found):
            found.append(s)
        if len(found) > MOST_STATES:
            raise Ambiguous(f"more than {MOST_STATES} states fit what the log tells")
    return found
