"""`turnstile progress`: when clients stop asking, does every turn end and every close complete?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from spec.machine.progress import WORLDS_TO_REST
from spec.machine.progress import Progress as WayToRest
from spec.machine.rules import Rules, rules
from spec.machine.trace import Trace, show
from spec.machine.worlds import World
from turnstile.bad_input import check_known
from turnstile.console import Progress, make_console
from turnstile.files import check_folder, write_trace
from turnstile.options import REPORT, Folder
from turnstile.parts import ComesToRest
from turnstile.report import exit_code
from turnstile.table import verdict_text


def progress(
    world: Annotated[str | None, typer.Option(help="Only this world.")] = None,
    folder: Folder = REPORT,
) -> None:
    """Find, from every state of small worlds, the scheduler's moves that bring it to rest.

    At rest no turn is in flight and no close pending. This is bounded: it holds for these worlds.
    """
    if world is not None:
        check_known("world", world, WORLDS_TO_REST)
    check_folder(folder)
    worlds = [WORLDS_TO_REST[world]] if world else list(WORLDS_TO_REST.values())
    raise typer.Exit(progress_and_tell(make_console(), rules(), worlds, folder))


def progress_and_tell(console: Console, text: Rules, worlds: list[World], folder: Path) -> int:
    """Search one world after the other and print what is found; return the exit code."""
    parts = [new_part(world) for world in worlds]
    for part, world in zip(parts, worlds, strict=True):
        try:
            with Progress(console, partial(line, part)) as told:
                search(part, text, world, folder, told)
        except KeyboardInterrupt:
            break
        finally:
            tell(console, part, folder)
    return exit_code(parts)


def line(part: ComesToRest) -> str:
    """Say how far the search is."""
    return f"{part.check}: {part.states:,} states"


def new_part(world: World) -> ComesToRest:
    """Return the part of a report that says what `world` is."""
    return ComesToRest(check=f"progress, world {world.name}", sizes=asdict(world.size))


def search(
    part: ComesToRest, text: Rules, world: World, folder: Path, told: Callable[[], None]
) -> None:
    """Look for a state that cannot come to rest; save the trace to it."""
    found = WayToRest(text, world)

    def follow() -> None:
        part.states = found.states
        told()

    with part.running():
        found.run(follow)
        part.most_moves = found.most_moves
        wedged = found.wedged()
        part.judge(good=wedged is None)
    if wedged is not None:
        part.wedged = tuple(map(show, wedged))
        trace = Trace(world.size, tuple(wedged))
        part.trace_file = write_trace(folder, f"progress-{world.name}", trace)


def tell(console: Console, part: ComesToRest, folder: Path) -> None:
    """Print what was found in one world, and the trace to a state that cannot come to rest."""
    figures = f"  {part.figures}, {part.seconds:.1f} s"
    verdict = verdict_text(part.verdict)
    console.print(Text.assemble((part.check, "bold"), "  ", verdict, figures), soft_wrap=True)
    if part.wedged:
        console.print(f"nothing leads to rest after these {len(part.wedged)} actions:")
        console.print("\n".join(f"  {step}" for step in part.wedged), soft_wrap=True)
        console.print(f"  turnstile replay {folder / part.trace_file}", soft_wrap=True)
