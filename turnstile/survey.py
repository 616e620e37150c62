"""`turnstile survey`: everything that is wrong with an engine, each cause told once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from spec.machine.trace import show
from stateful_tests.engines.sglang.findings.label import known_as
from stateful_tests.report import save
from stateful_tests.survey import Found, Survey
from turnstile.bad_input import check_device, check_seconds
from turnstile.console import Progress, make_console
from turnstile.engines import find_engine
from turnstile.files import check_folder
from turnstile.options import REPORT, Device, Folder, Seconds, Seed


def survey(
    engine: Annotated[str, typer.Argument(help="An engine, as for `turnstile fuzz`.")],
    seconds: Seconds = 1_800.0,
    seed: Seed = 0,
    device: Device = "cpu",
    folder: Folder = REPORT,
    beyond_known: Annotated[
        bool, typer.Option("--beyond-known", help="Leave alone what leads to known findings.")
    ] = False,
) -> None:
    """Run lockstep with an engine, go on after each failure, and list what fails, cause by cause.

    Each cause has a minimal trace, saved in the report's folder. Causes are told apart by what the
    lockstep sees, not by what is known of the engine; what is known is only named in the end.
    """
    contender = find_engine(engine)
    check_seconds(seconds)
    check_device(device)
    check_folder(folder)
    search = Survey(contender.beyond_known if beyond_known else contender, seed, device)
    raise typer.Exit(survey_and_tell(make_console(), search, seconds, folder))


def survey_and_tell(console: Console, search: Survey, seconds: float, folder: Path) -> int:
    """Search, save and print what was found; return 1 if anything was."""

    def line() -> str:
        actions = search.actions.total()
        return f"{search.runs:,} runs, {actions:,} actions, {len(search.found)} causes"

    try:
        with Progress(console, line) as progress:
            search.run(seconds, progress)
    except KeyboardInterrupt:
        console.print()
    found = sorted(search.found.values(), key=lambda each: each.seconds)
    for each in found:
        tell(console, each, save(each.failure, folder))
    if found:
        known = [known_as(each.failure, search.contender) for each in found]
        console.print(found_table(found, known))
        console.print()
    console.print(f"{line()} in {search.seconds:,.0f} s")
    return int(bool(found))


def tell(console: Console, found: Found, path: Path) -> None:
    """Print a cause's minimal trace."""
    difference = found.failure.difference
    console.print(f"{difference.check}: {difference.detail}", style="bold", soft_wrap=True)
    for step in difference.steps:
        console.print(f"  {show(step)}", soft_wrap=True)
    console.print(f"saved as {path}\n", soft_wrap=True)


def found_table(found: list[Found], known: list[list[str]]) -> Table:
    """Return a row per cause, with the findings that it is known as."""
    table = Table("told by", box=None, header_style="bold", pad_edge=False)
    for name in ("actions", "times", "after, s"):
        table.add_column(name, justify="right")
    table.add_column("known as")
    for each, names in zip(found, known, strict=True):
        difference = each.failure.difference
        numbers = (len(difference.steps), each.times, f"{each.seconds:,.0f}")
        table.add_row(difference.check, *map(str, numbers), ", ".join(names) or "new")
    return table
