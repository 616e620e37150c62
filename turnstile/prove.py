"""`turnstile prove`: every obligation by name, as it is discharged."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from proofs.parallel import prove_all
from proofs.planted import PLANTED
from proofs.prover import Result, obligations
from proofs.prover import prove as prove_some
from spec.machine.rules import Rules, rules
from turnstile.bad_input import BadInputError, check_known, check_new_file
from turnstile.console import STYLES, make_console
from turnstile.parts import Obligation, Proofs
from turnstile.refutation import OWN_WORLD, Follow, tell_runs
from turnstile.report import exit_code
from turnstile.table import verdict_text

PROCESSES = 2


def prove(
    action: Annotated[str | None, typer.Option(help="Only what this action must keep.")] = None,
    invariant: Annotated[str | None, typer.Option(help="Only this property.")] = None,
    bug: Annotated[
        str | None, typer.Option(help="With this planted bug in the spec text: what then fails?")
    ] = None,
    trace: Annotated[
        Path | None, typer.Option(help="File for the run that leads to what a refutation shows.")
    ] = None,
) -> None:
    """Prove, for worlds of every size, that each action keeps each property.

    What is refuted is shown as one step that the spec text takes, and then as a run from the start,
    if there is one. With a planted bug, that run is performed on the engine as well, with the same
    bug in it and without.
    """
    if trace is not None:
        check_new_file(trace, "--trace")
    console = make_console()
    if bug is None:
        raise typer.Exit(prove_and_tell(console, rules(), action, invariant, Follow(file=trace)))
    known = {each.number: each for each in PLANTED}
    check_known("bug", bug, known)
    planted = known[bug]
    console.print(f"{planted.number}: {planted.story}")
    if action is None and invariant is None:
        action, invariant = planted.fails[0]
    further = Follow.of(planted, trace)
    raise typer.Exit(prove_and_tell(console, planted.rules, action, invariant, further))


def prove_and_tell(
    console: Console,
    text: Rules,
    action: str | None = None,
    invariant: str | None = None,
    further: Follow = OWN_WORLD,
) -> int:
    """Print a line per obligation of `text`, then summaries; return the exit code."""
    part = new_part(text, action, invariant)
    width = max(len(result.property) for result in part.results)
    try:
        discharge(part, text, partial(tell, console, width), action, invariant)
        refuted = [result for result in part.results if result.verdict == "refuted"]
        tell_runs(console, text, refuted, further)
    except KeyboardInterrupt:
        console.print()
    console.print()
    console.print(summary("action", part.results, lambda each: each.action))
    if action is None:
        console.print()
        console.print(summary("property", part.results, lambda each: each.property))
    console.print()
    figures = f": {part.figures}, {part.seconds:.1f} s"
    console.print(Text.assemble(verdict_text(part.verdict), figures))
    return exit_code([part])


def new_part(text: Rules, action: str | None = None, name: str | None = None) -> Proofs:
    """Return the obligations of that action and name, none of them discharged.

    Raises BadInputError where there are none.
    """
    every = obligations(text)
    if action is not None:
        check_known("action", action, dict.fromkeys(group for group, _ in every))
    if name is not None:
        check_known("property", name, dict.fromkeys(each for _, each in every))
    asked = [pair for pair in every if action in (None, pair[0]) and name in (None, pair[1])]
    if not asked:
        raise BadInputError(f"{name} is no obligation of {action}: it does not speak of it.")
    return Proofs(results=[Obligation(*pair) for pair in asked])


def discharge(
    part: Proofs,
    text: Rules,
    told: Callable[[Obligation], None],
    action: str | None = None,
    name: str | None = None,
) -> None:
    """Prove what was asked for, and call `told` after each; `part` is right if Ctrl-C comes.

    Everything is proved in two processes; a selection in this one.
    """
    whole = action is None and name is None
    with part.running():
        results = prove_all(text, PROCESSES) if whole else prove_some(text, action, name)
        for number, result in enumerate(results):
            asked = part.results[number]
            assert (asked.action, asked.property) == (result.action, result.property), asked
            part.results[number] = obligation(result)
            told(part.results[number])
        part.judge(good=part.num_proved == len(part.results))


def obligation(result: Result) -> Obligation:
    """Return the prover's result as the report keeps it."""
    return Obligation(
        result.action,
        result.property,
        result.verdict,
        result.seconds,
        result.queries,
        result.counterexample,
    )


def tell(console: Console, width: int, result: Obligation) -> None:
    """Print one obligation, and the counterexample to a refuted one."""
    line = f"  {result.action:13}  {result.property:{width}}  {result.seconds:5.2f} s"
    console.print(Text.assemble(verdict_text(f"{result.verdict:7}"), line), soft_wrap=True)
    for shown in result.counterexample.splitlines():
        console.print(f"    {shown}", soft_wrap=True)


def summary(by: str, results: list[Obligation], key: Callable[[Obligation], str]) -> Table:
    """Return a table of obligations, proved ones, queries and seconds per action or property."""
    table = Table(by, box=None, header_style="bold", pad_edge=False)
    for column in ("proved", "of", "queries", "seconds"):
        table.add_column(column, justify="right")
    for name in dict.fromkeys(map(key, results)):
        mine = [result for result in results if key(result) == name]
        proved = sum(result.verdict == "proved" for result in mine)
        table.add_row(
            name,
            Text(f"{proved:,}", "" if proved == len(mine) else STYLES["failed"]),
            f"{len(mine):,}",
            f"{sum(result.queries for result in mine):,}",
            f"{sum(result.seconds for result in mine):.2f}",
        )
    return table
