"""`turnstile check`: does the spec allow what a log of a live engine tells?"""

from __future__ import annotations

import json
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from spec.language import NIL
from spec.machine.log.judge import Ambiguous, Judge, Objection
from spec.machine.log.lines import Event, LogError, Reader
from spec.machine.log.seen import SEEN
from turnstile.console import make_console
from turnstile.report import Verdict
from turnstile.table import verdict_text

REMEMBERED = 10_000
"""Events that are looked through for what went before the one that is refused."""

SHOWN = 12
"""Events of the same turn or session that are shown."""

AT_THE_END = ("sessions", "waiting", "used_rows", "used_pages", "cached_pages")


def check(
    log: Annotated[
        str, typer.Argument(help="A file of events, one JSON object a line; - is stdin.")
    ],
) -> None:
    """Validate a log of events against the spec; name the first that it forbids, and why.

    The log may leave out what was not observed: docs/logs.md has the format.
    """
    raise typer.Exit(check_and_tell(make_console(), log))


def check_and_tell(console: Console, log: str) -> int:
    """Judge a log and print what was found; return 1 if an event is refused."""
    started = time.perf_counter()
    before: deque[Event] = deque(maxlen=REMEMBERED)
    with _lines(log) as lines:
        reader = Reader(lines, log)
        judge = Judge(reader)
        try:
            objection = judge.judge(_remembering(reader.events(), before))
        except Ambiguous as unclear:
            where = f"{log}, line {before[-1].number}"
            raise LogError(f"{where}: {unclear}; it must tell more.") from None
    seconds = time.perf_counter() - started
    speed = f"{judge.num_events / seconds:,.0f} a second"
    if reader.is_cut:
        console.print(f"{log}: the last line is cut short, and left out", soft_wrap=True)
    if objection:
        console.print(_told(objection, log, before), soft_wrap=True, markup=False)
    verdict = Verdict.FAILED if objection else Verdict.OK
    words = f": {judge.num_events:,} events taken in {seconds:.1f} s, {speed}"
    console.print(Text.assemble(verdict_text(verdict), words), soft_wrap=True)
    if objection:
        return 1
    [s, *others] = judge.states
    left = ", ".join(f"{name} {SEEN[name](s, NIL, NIL)}" for name in AT_THE_END)
    fit = f", one of {len(others) + 1} states that fit" if others else ""
    console.print(f"at the end: {left}{fit}", soft_wrap=True)
    return 0


@contextmanager
def _lines(log: str) -> Iterator[Iterable[str]]:
    """Open a log. Raises LogError."""
    if log == "-":
        yield sys.stdin
        return
    try:
        with Path(log).open(encoding="utf-8") as file:
            yield file
    except OSError as wrong:
        raise LogError(f"cannot read {log}: {wrong.strerror}.") from None
    except UnicodeDecodeError:
        raise LogError(f"{log} is not a text file; a log is JSON lines in UTF-8.") from None


def _remembering(events: Iterator[Event], before: deque[Event]) -> Iterator[Event]:
    for event in events:
        before.append(event)
        yield event


def _told(objection: Objection, log: str, before: Iterable[Event]) -> str:
    """Say which event is refused, why, and what went before it in the same session."""
    event = objection.event
    lines = [f"{log}, line {event.number}: {_call(event)}", f"  {objection.words}"]
    for part in objection.parts:
        lines.append(f"  false: {part.text}   ({part.where})")
        lines += [f"    {value}" for value in part.values]
    own = _near(event, list(before))
    if own:
        lines += ["", f"before, in the same session ({min(SHOWN, len(own))} of {len(own)} events):"]
        lines += [f"  line {each.number}: {_call(each)}" for each in own[-SHOWN:]]
    return "\n".join(lines)


def _near(event: Event, before: list[Event]) -> list[Event]:
    """Return the events of the same session, and of its turns."""
    turn, session = event.line.get("turn"), event.line.get("session")
    if session is None:
        named = (each.line.get("session") for each in before if each.line.get("turn") == turn)
        session = next((name for name in named if name is not None), None)
    turns = {each.line.get("turn") for each in before if each.line.get("session") == session}
    turns = (turns | {turn}) - {None}
    return [
        each
        for each in before
        if each is not event
        and (each.line.get("turn") in turns or each.line.get("session", turns) == session)
    ]


def _call(event: Event) -> str:
    told = {name: value for name, value in event.line.items() if name != "do"}
    return (
        f"{event.name}({', '.join(f'{name}={json.dumps(value)}' for name, value in told.items())})"
    )
