"""`turnstile fuzz`: spec and engine in lockstep for a bounded time."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from stateful_tests.coverage.coverage import Coverage
from stateful_tests.fuzz import Fuzz
from stateful_tests.report import describe
from turnstile.bad_input import check_device, check_seconds
from turnstile.console import Progress, make_console
from turnstile.covered import Covered
from turnstile.engines import REFERENCE, find_engine
from turnstile.files import check_folder, write_trace
from turnstile.options import REPORT, Device, Engine, Folder, Seconds, Seed
from turnstile.parts import LockstepRuns
from turnstile.report import exit_code
from turnstile.table import count_table, verdict_text


def fuzz(
    seed: Seed = 0,
    seconds: Seconds = 60.0,
    device: Device = "cpu",
    engine: Engine = REFERENCE,
    folder: Folder = REPORT,
    beyond_known: Annotated[
        bool, typer.Option("--beyond-known", help="Leave alone what leads to known findings.")
    ] = False,
) -> None:
    """Draw actions, perform them on spec and engine, compare everything after each.

    With --beyond-known a released engine is not asked for what it is known to get wrong
    (`turnstile compare`), so that what lies behind shows.
    """
    contender = find_engine(engine)
    if beyond_known:
        contender = contender.beyond_known
    check_seconds(seconds)
    check_device(device)
    check_folder(folder)
    part = LockstepRuns(engine=engine, device=device, seed=seed)
    runs = Fuzz(seed, device, contender.lockstep, Coverage(), contender.drawn)
    raise typer.Exit(fuzz_and_tell(make_console(), part, runs, seconds, folder))


def fuzz_and_tell(
    console: Console, part: LockstepRuns, runs: Fuzz, seconds: float, folder: Path
) -> int:
    """Run lockstep and print what was done, and what differs; return the exit code."""

    def line() -> str:
        return f"{part.check}: {part.runs:,} runs, {sum(part.actions.values()):,} actions"

    try:
        with Progress(console, line) as progress:
            draw(part, runs, seconds, folder, progress)
    except KeyboardInterrupt:
        console.print()
    console.print(count_table("action", part.columns))
    if part.coverage and part.coverage.missed:
        console.print("\nnot covered, among others:")
        for each in part.coverage.some_missed:
            console.print(f"  {each}", soft_wrap=True)
        console.print()
    if part.difference:
        console.print(f"\n{part.difference}", soft_wrap=True)
        again = ["turnstile", "fuzz", "--engine", part.engine, "--seed", str(part.seed)]
        again += ["--beyond-known"] if runs.drawn.avoided else []
        console.print(f"it is found again by\n  {shlex.join(again)}\n", soft_wrap=True)
    console.print(Text.assemble(verdict_text(part.verdict), f": {part.figures}"), soft_wrap=True)
    return exit_code([part])


def draw(
    part: LockstepRuns, runs: Fuzz, seconds: float, folder: Path, progress: Callable[[], None]
) -> None:
    """Run lockstep into `part`, also where Ctrl-C ends it; save a failing trace, cut down."""

    def follow(_: Fuzz) -> None:
        take(part, runs)
        progress()

    try:
        with part.running():
            try:
                runs.run(seconds, follow)
            finally:
                take(part, runs)
                part.coverage = Covered.of(runs.coverage) if runs.coverage else None
            part.judge(good=runs.failure is None)
    finally:
        if failure := runs.failure:
            trace = failure.setting.trace(failure.difference.steps)
            part.trace_file = write_trace(folder, f"lockstep-seed-{part.seed}", trace)
            part.difference = describe(failure, folder / part.trace_file, part.engine)


def take(part: LockstepRuns, runs: Fuzz) -> None:
    """Copy the figures of the runs into the report."""
    part.runs, part.run_length = runs.runs, runs.drawn.length
    part.actions, part.moves = dict(runs.actions), dict(runs.moves)
