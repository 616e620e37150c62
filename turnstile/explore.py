"""`turnstile explore`: every reachable state of small worlds."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from proofs.vectorised.abstract import AbstractTransitions
from proofs.vectorised.explore import VectorisedExplorer
from spec.machine.abstract import Abstract, transitions
from spec.machine.expand import Cells
from spec.machine.explore import Exploration, Explorer
from spec.machine.rules import Rules, rules
from spec.machine.trace import Trace, show
from spec.machine.worlds import LARGE_WORLDS, WORLDS, World
from stateful_tests.coverage.worlds import COVERAGE_WORLDS
from turnstile.bad_input import check_device, check_known
from turnstile.cases import collect_cases
from turnstile.console import Progress, make_console
from turnstile.files import check_folder, write_trace
from turnstile.options import REPORT, Device, Folder
from turnstile.parts import ExploredWorld
from turnstile.report import exit_code
from turnstile.table import case_table, count_table, verdict_text

WORLDS_BY_NAME = COVERAGE_WORLDS | LARGE_WORLDS


def explore(
    world: Annotated[str | None, typer.Option(help="Only this world.")] = None,
    max_states: Annotated[
        int | None, typer.Option(min=1, help="Stop after so many states of each world.")
    ] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="One state at a time, on all cores: much slower.")
    ] = False,
    device: Device = "cpu",
    folder: Folder = REPORT,
) -> None:
    """Visit every state of small worlds: invariants hold in all, cases are reached.

    Without a name these are the worlds that take less than a minute; two-sessions and everything
    are larger. `turnstile reachable` explores more of them, in which features meet.
    """
    check_device(device)
    if world is not None:
        check_known("world", world, WORLDS_BY_NAME)
    check_folder(folder)
    worlds = [WORLDS_BY_NAME[world]] if world else list(WORLDS.values())
    raise typer.Exit(
        explore_and_tell(
            make_console(), rules(), worlds, max_states, folder, None if plain else device
        )
    )


AnyExplorer = Explorer | VectorisedExplorer


def new_explorer(text: Rules, world: World, device: str | None) -> AnyExplorer:
    """Return what explores a world: over tensors on a device, or one state at a time."""
    return Explorer(text, world) if device is None else VectorisedExplorer(text, world, device)


def explore_and_tell(
    console: Console,
    text: Rules,
    worlds: list[World],
    max_states: int | None,
    folder: Path,
    device: str | None = "cpu",
) -> int:
    """Explore one world after the other and print what is found; return the exit code."""
    parts = [new_part(world) for world in worlds]
    for part, world in zip(parts, worlds, strict=True):
        explorer = new_explorer(text, world, device)
        try:
            with Progress(console, partial(line, part)) as progress:
                search(part, explorer, max_states, folder, progress)
        except KeyboardInterrupt:
            break
        finally:
            tell(console, part, explorer, folder)
    return exit_code(parts)


def line(part: ExploredWorld) -> str:
    """Say how far the exploration is."""
    return f"{part.check}: {part.states:,} states, depth {part.depth}"


def new_part(world: World) -> ExploredWorld:
    """Return the part of a report that says what `world` is."""
    return ExploredWorld(check=f"world {world.name}", sizes=asdict(world.size))


def search(
    part: ExploredWorld,
    explorer: AnyExplorer,
    max_states: int | None,
    folder: Path,
    progress: Callable[[], None],
) -> None:
    """Explore a world into `part`, also where Ctrl-C ends it; save the trace to a violation."""

    def follow(found: Exploration) -> None:
        take(part, found)
        progress()

    found, (run, abstract) = explorer.found, abstracting(explorer)
    with part.running():
        try:
            run(max_states, follow)
        finally:
            take(part, found)
            part.abstract = len(abstract)
        part.judge(good=found.violation is None)
    if found.violation:
        trace = Trace(found.world.size, tuple(found.violation[1]))
        part.trace_file = write_trace(folder, f"explore-{found.world.name}", trace)


def abstracting(explorer: AnyExplorer) -> tuple[Callable[..., Exploration], set[Abstract]]:
    """Return what explores, and the set of abstract transitions that it fills meanwhile."""
    if not isinstance(explorer, Explorer):
        seen = AbstractTransitions(explorer.machine)
        return partial(explorer.run, visit=seen.visit), seen.found
    found: set[Abstract] = set()

    def visit(cells: Cells) -> None:
        found.update(transitions(explorer.rules, explorer.world, cells))

    return partial(explorer.run, processes=os.cpu_count() or 1, visit=visit), found


def take(part: ExploredWorld, found: Exploration) -> None:
    """Copy the figures of an exploration into the report."""
    part.states, part.transitions, part.depth = found.states, found.transitions, found.depth
    part.complete = found.complete
    part.taken, part.no_room = dict(found.taken), dict(found.no_room)
    if found.violation:
        part.violation = found.violation[0]


def tell(console: Console, part: ExploredWorld, explorer: AnyExplorer, folder: Path) -> None:
    """Print the figures of one world, and the trace to a violation."""
    found = explorer.found
    rate = part.states / part.seconds if part.seconds else 0.0
    figures = f"  {part.figures}, {part.seconds:.1f} s, {rate:,.0f} states a second"
    sizes = ", ".join(f"{name} {value}" for name, value in part.sizes.items())
    verdict = verdict_text(part.verdict)
    console.print(Text.assemble((part.check, "bold"), "  ", verdict, figures), soft_wrap=True)
    console.print(sizes)
    console.print(count_table("action", {"transitions": part.taken, "no room": part.no_room}))
    console.print(case_table(collect_cases(explorer.rules, [found])))
    if found.violation:
        name, steps = found.violation
        console.print(f"{name} is violated by {len(steps)} actions:")
        console.print("\n".join(f"  {show(step)}" for step in steps), soft_wrap=True)
        console.print("the same actions on the engine:")
        console.print(f"  turnstile replay {folder / part.trace_file}", soft_wrap=True)
    console.print()
