"""`turnstile export`: the queries of every proof as SMT-LIB 2.6 files, for any solver."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from proofs.prover import Prover, Result
from proofs.smtlib import Scribe, Script
from spec.machine.rules import Rules, rules
from turnstile.bad_input import BadInputError, check_known
from turnstile.console import make_console
from turnstile.files import check_folder, write
from turnstile.report import INTERRUPTED
from turnstile.table import verdict_text


def export(
    folder: Annotated[Path, typer.Argument(help="A new folder; all of it takes a gigabyte.")],
    action: Annotated[str | None, typer.Option(help="Only what this action must keep.")] = None,
    invariant: Annotated[str | None, typer.Option(help="Only this property.")] = None,
) -> None:
    """Write each query that a proof relies on as an SMT-LIB 2.6 file, for any solver.

    The file is FOLDER/action/property.smt2, with a number where there is a query for each path. All
    are unsatisfiable: `cross-check` asks cvc5.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise BadInputError(f"{folder} is not empty; give a new folder, where no old file is left.")
    check_folder(folder)
    text = rules()
    asked = asked_for(text, action, invariant)
    raise typer.Exit(export_and_tell(make_console(), text, asked, folder))


def asked_for(text: Rules, action: str | None, invariant: str | None) -> list[tuple[str, str]]:
    """Return the obligations of that action and name. Raises BadInputError if there are none."""
    prover = Prover(text)
    if action is not None:
        check_known("action", action, prover.groups)
    groups = prover.groups if action is None else [action]
    every = [(group, name) for group in groups for name in prover.properties(group)]
    if invariant is not None:
        kind = "property" if action is None else f"property of {action}"
        check_known(kind, invariant, dict.fromkeys(name for _, name in every))
    return [(group, name) for group, name in every if invariant in (None, name)]


def export_and_tell(
    console: Console, text: Rules, asked: Iterable[tuple[str, str]], folder: Path
) -> int:
    """Write the files, print a line per obligation that has any, and the sum.

    Returns the exit code: 1 if one is not proved, which then has no files.
    """
    scribe, num_files, unproved = Scribe(text), 0, 0
    try:
        for result, scripts in (scribe.prove(action, name) for action, name in asked):
            for script in scripts:
                save(script, folder)
            num_files += len(scripts)
            unproved += result.verdict != "proved"
            tell(console, result, len(scripts))
    except KeyboardInterrupt:
        console.print("interrupted")
        return INTERRUPTED
    finally:
        console.print(f"{num_files:,} files in {folder}", soft_wrap=True)
    return int(unproved > 0)


def save(script: Script, folder: Path) -> Path:
    """Write one script to its place under `folder`."""
    return write(folder / script.path, script.text)


def tell(console: Console, result: Result, num_files: int) -> None:
    """Print how many files an obligation has, if any, or that it is not proved."""
    if num_files or result.verdict != "proved":
        verdict = verdict_text(f"{result.verdict:7}")
        line = f"  {result.action:13}  {num_files:4}  {result.property}"
        console.print(Text.assemble(verdict, line), soft_wrap=True)
