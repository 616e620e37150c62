"""The format of a log: that of a trace, but for what a live engine does not know or does not tell.

    {"turnstile": 1, "page_size": 16, "pages": 4096, "untold": ["evict"]}
    {"do": "open", "session": "alice", "namespace": "adapter 7"}
    {"do": "submit", "session": "alice", "turn": "r1", "new": 40, "max_new": 8, "text": ["5f", "c"]}
    {"do": "reserve", "turn": "r1", "upto": 40, "sees": {"used_pages": 3}}

- Of the sizes of the world only `page_size` must be told. What is not told has no bound.
- Sessions, turns and namespaces have any names. A text is told as the names of its whole pages,
  such as digests of their tokens, and behind these it is like no other; so is a prefix: `evict`
  names it by a namespace and `pages`, of which the last `count` go, or one. Numbers mean what they
  mean in a trace.
- An argument that is missing or null was not observed: any is tried. What follows must fit one.
- `untold` names moves that the log leaves out: they are tried where an event needs them.
- A request may have an `answer`: the spec's, or "refused" for whatever reason.
- `sees` tells what was observed after an event: see `seen`. `at` may be anything, such as a time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from spec.language import Atom
from spec.machine.log.quick import quick_rules
from spec.machine.log.seen import SEEN
from spec.machine.log.world import BOUNDLESS, LogSize, LogTexts
from spec.machine.size import Size
from spec.machine.texts import Texts, least
from spec.machine.trace import STEP, VERSION, TraceError

REFUSED = "refused"

UNTOLD: Any = object()
"""Stands for an argument that was not observed."""

NAMES = {"session": "Session", "turn": "Turn", "namespace": "Namespace"}
BESIDE = frozenset({"do", "answer", "sees", "at"})

NO_BOUNDS = {
    "sessions": BOUNDLESS,
    "turns": BOUNDLESS,
    "rows": BOUNDLESS,
    "pages": BOUNDLESS,
    "context_len": BOUNDLESS,
    "lookahead": BOUNDLESS,
    "queue_limit": 1,
}


@dataclass(slots=True)
class Event:
    """One line of a log."""

    number: int  # of the line
    line: dict[str, Any]
    name: str
    args: tuple[Any, ...]
    answer: str | None
    sees: Mapping[str, Any] | None
    told: bool  # all of its arguments


class LogError(TraceError):
    """A log that cannot be read: which line, what is wrong, what would be right."""


class Reader:
    """Reads lines one by one, and numbers the names of sessions, turns and namespaces."""

    def __init__(self, lines: Iterable[str], source: str = "log") -> None:
        """Read the first line. Raises LogError."""
        self.source, self._lines = source, enumerate(lines, 1)
        self.is_cut = False  # in its last line, as that of a process that was killed
        number, head = next(self._objects(), (1, {}))
        self._number = number
        if head.get("turnstile") != VERSION:
            raise self._wrong(f'a log begins with {{"turnstile": {VERSION}, ...}}')
        self.untold = self._untold(head.pop("untold", []))
        self.size = self._size(head)
        self.texts: LogTexts = self.size.all_texts
        self.names: dict[str, dict[Hashable, int]] = {sort: {} for sort in NAMES.values()}
        self.names["Namespace"][None] = 0
        self._plans = {name: self._plan(name) for name in quick_rules().actions}
        self._fields = {name: {"do", *plan} for name, plan in self._plans.items()}

    def events(self) -> Iterator[Event]:
        """Read the other lines. Raises LogError."""
        for number, line in self._objects():
            self._number = number
            if "count" in line and line.get("do") == "evict":
                yield from self._evictions(line)
            else:
                yield self._event(line)

    def _event(self, line: dict[str, Any]) -> Event:
        name = line.get("do")
        plan = self._plans.get(name) if isinstance(name, str) else None
        if name == STEP:
            raise self._wrong("a log tells moves, and `step` tells none; replay a trace instead")
        if plan is None or name is None:
            raise self._wrong(f"unknown action {name!r}; actions are {', '.join(self._plans)}")
        args = tuple([read(line) for read in plan.values()])
        told = UNTOLD not in args
        if told and line.keys() == self._fields[name]:
            return Event(self._number, line, name, args, None, None, True)
        if unknown := line.keys() - plan.keys() - BESIDE - ALSO.get(name, BESIDE):
            raise self._wrong(f"{name} has no argument {', '.join(sorted(unknown))}")
        sees = line.get("sees")
        if sees is not None and (not isinstance(sees, dict) or sees.keys() - SEEN.keys()):
            raise self._wrong(f"sees is an object with some of {', '.join(SEEN)}")
        return Event(self._number, line, name, args, line.get("answer"), sees, told)

    def _evictions(self, line: dict[str, Any]) -> Iterator[Event]:
        """Read a line that evicts several pages: the last one first."""
        last = self._event({name: value for name, value in line.items() if name != "count"})
        count = self._count("count", line["count"])
        if not last.told or count > len(line.get("pages") or ()):
            raise self._wrong("evict has pages, and a count of how many of them go")
        at = len(line["pages"]) - 1
        for i in range(at, at - count, -1):
            args = (self.texts.ancestor(last.args[0], i),)
            sees = last.sees if i == at - count + 1 else None
            yield Event(self._number, line, "evict", args, None, sees, True)

    # -- the first line

    def _untold(self, names: Any) -> tuple[str, ...]:
        moves = quick_rules().moves
        if not isinstance(names, list) or any(name not in moves for name in names):
            raise self._wrong(f"untold is a list of some of {', '.join(moves)}")
        return tuple(names)

    def _size(self, head: dict[str, Any]) -> LogSize:
        known = {field.name for field in fields(Size)}
        told = {name: self._count(name, head[name]) for name in known & head.keys()}
        if "page_size" not in told:
            raise self._wrong("page_size is missing: how many tokens a page has")
        try:
            return LogSize(**{**NO_BOUNDS, **told})
        except ValueError as wrong:
            raise self._wrong(str(wrong)) from None

    # -- arguments

    def _plan(self, name: str) -> dict[str, Callable[[dict[str, Any]], Any]]:
        """Return how to read each argument of an action."""
        plan = {}
        for parameter, sort in quick_rules().actions[name].params.items():
            key = parameter
            if hasattr(sort, "__metadata__") and isinstance(sort.__metadata__[0], Atom):
                key = sort.__metadata__[0].name.lower()
            plan[key] = self._reads(key, sort)
        return plan

    def _reads(self, key: str, sort: Any) -> Callable[[dict[str, Any]], Any]:
        if key in NAMES:
            return self._reads_name(key, NAMES[key])
        if key == "text":
            return self._read_text
        if key == "prefix":
            return self._read_prefix
        if isinstance(sort, type) and issubclass(sort, StrEnum):
            return self._reads_choice(key, sort)

        def number(line: dict[str, Any]) -> Any:
            value = line.get(key)
            if type(value) is int and value >= 0:
                return value
            return UNTOLD if value is None else self._count(key, value)

        return number

    def _reads_name(self, key: str, sort: str) -> Callable[[dict[str, Any]], Any]:
        names = self.names[sort]

        def name(line: dict[str, Any]) -> Any:
            value = line.get(key)
            try:
                return names[value]
            except KeyError:
                if value is None:
                    return UNTOLD
                return names.setdefault(value, len(names))
            except TypeError:
                raise self._wrong(f"{key} is a name: a string or a number, not {value!r}") from None

        return name

    def _reads_choice(self, key: str, sort: type[StrEnum]) -> Callable[[dict[str, Any]], Any]:
        choices = {each.value: each for each in sort}

        def choice(line: dict[str, Any]) -> Any:
            value = line.get(key)
            if value is None:
                return choices.get("append", UNTOLD)
            if value not in choices:
                raise self._wrong(f"{key} must be one of {', '.join(choices)}, not {value!r}")
            return choices[value]

        return choice

    def _read_text(self, line: dict[str, Any]) -> int:
        value = line.get("text")
        if type(value) is int:
            return self.texts.text(self._numbered(value, self.size.texts.bit_length()))
        return self.texts.text(self._pages(value, "text"))

    def _read_prefix(self, line: dict[str, Any]) -> Any:
        if type(number := line.get("prefix")) is int:
            texts = Texts(self.size.namespaces, self.size.texts, self.size.indices)
            namespace: Hashable
            namespace, text, i = texts.parts(number)
            pages = self._numbered(text, max(i + 1, self.size.texts.bit_length()))[: i + 1]
        elif not (pages := self._pages(line.get("pages"), "pages") or []):
            return UNTOLD
        else:
            namespace = line.get("namespace")
        namespaces = self.names["Namespace"]
        return self.texts.named(namespaces.setdefault(namespace, len(namespaces)), pages)

    def _numbered(self, text: int, num_pages: int) -> list[Hashable]:
        """Return what the pages of a trace's numbered text say."""
        return [least(text, i) for i in range(num_pages)]

    def _pages(self, value: Any, key: str) -> list[Hashable] | None:
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(page, str) for page in value):
            raise self._wrong(f"{key} is a list of strings, one for each whole page")
        return value

    def _count(self, key: str, value: Any) -> int:
        if type(value) is not int or value < 0:
            raise self._wrong(f"{key} must be a whole number from 0 on, not {value!r}")
        return value

    # -- lines

    def _objects(self) -> Iterator[tuple[int, dict[str, Any]]]:
        for number, line in self._lines:
            try:
                value = json.loads(line)
            except json.JSONDecodeError as wrong:
                if not line.strip():
                    continue
                if not line.endswith("\n") and next(self._lines, None) is None:
                    self.is_cut = True
                    return
                self._number = number
                raise self._wrong(f"not JSON ({wrong.msg} at column {wrong.colno})") from None
            if not isinstance(value, dict):
                self._number = number
                raise self._wrong("expected a JSON object")
            yield number, value

    def _wrong(self, words: str) -> LogError:
        return LogError(f"{self.source}, line {self._number}: {words}.")


ALSO = {"evict": frozenset({"namespace", "pages"})}
"""Fields that spell an argument of an action."""
