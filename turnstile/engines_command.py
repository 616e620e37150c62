"""`turnstile engines`: which releases of other engines can be hosted, and installing them."""

from __future__ import annotations

import time
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stateful_tests.engines.hosted import HOSTED, installed
from stateful_tests.engines.hosting.install import InstallError, install
from turnstile.bad_input import check_known
from turnstile.console import make_console
from turnstile.report import INTERRUPTED

engines = typer.Typer(
    help="List the releases of other engines that can be hosted, or install some.",
    invoke_without_command=True,
)


@engines.callback()
def list_engines(context: typer.Context) -> None:
    """List the releases of other engines that can be hosted, or install some."""
    if context.invoked_subcommand is None:
        make_console().print(engine_table(installed()))


@engines.command("install")
def install_engines(
    names: Annotated[list[str], typer.Argument(metavar="ENGINE==RELEASE...", show_default=False)],
    index: Annotated[
        str | None, typer.Option(help="One more package index to look at: of CPU builds of torch.")
    ] = None,
) -> None:
    """Install releases and, once, the environment that they share; this program's own stays.

    Such are sglang==0.5.23 and vllm==0.33.0: `turnstile engines` lists all. The environment takes
    2 GB, a release up to 250 MB, all of it below ~/.cache/turnstile/engines.
    """
    for name in names:
        check_known("engine", name, HOSTED)
    raise typer.Exit(install_and_tell(make_console(), names, index))


def engine_table(present: list[str]) -> Table:
    """Return a row per release: whether it is there, its scheduling loops and prefix caches."""
    table = Table("release", box=None, header_style="bold", pad_edge=False)
    for column in ("loops", "caches", "installed"):
        table.add_column(column, no_wrap=True)
    for name, hosted in HOSTED.items():
        is_there = name in present
        command = f"turnstile engines install {name}"
        table.add_row(
            name,
            ", ".join(hosted.loops),
            ", ".join(hosted.caches),
            Text("yes", "green") if is_there else Text(f"no: {command}", "dim"),
        )
    return table


def install_and_tell(console: Console, names: list[str], index: str | None) -> int:
    """Install one release after the other, whatever becomes of the others; return the exit code."""
    code = 0
    for name in names:
        start = time.perf_counter()
        try:
            with console.status(f"installing {name}"):
                install(HOSTED[name].place, index=index)
        except InstallError as wrong:
            console.print(f"failed     {name}: {wrong}", soft_wrap=True)
            code = 1
        except KeyboardInterrupt:
            console.print(f"interrupted: nothing of {name} is left")
            return INTERRUPTED
        else:
            console.print(f"installed  {name} ({time.perf_counter() - start:.1f} s)")
    return code
