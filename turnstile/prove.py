"""`turnstile prove`: every obligation by name, as it is discharged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from proofs.parallel import prove_all
from proofs.prover import Result, obligations
from proofs.prover import prove as prove_some
from spec.machine.rules import Rules, rules
from turnstile.bad_input import BadInputError, check_known
from turnstile.console import STYLES, make_console
from turnstile.parts import Obligation, Proofs
from turnstile.report import exit_code
from turnstile.table import verdict_text

PROCESSES = 2


def prove(
    action: Annotated[str | None, typer.Option(help="Only what this action must keep.")] = None,
    invariant: Annotated[str | None, typer.Option(help="Only this property.")] = None,
) -> None:
    """Prove, for worlds of every size, that each action keeps each property."""
    raise typer.Exit(prove_and_tell(make_console(), rules(), action, invariant))


def prove_and_tell(
    console: Console, text: Rules, action: str | None = None, invariant: str | None = None
) -> int:
    """Print a line per obligation of `text`, then summaries; return the exit code."""
    asked = asked_for(text, action, invariant)
    part = Proofs(total=len(asked))
    width = max(len(name) for _, name in asked)
    try:
        for result in discharge(part, text, action, invariant):
            tell(console, result, width)
    except KeyboardInterrupt:
        console.print()
    console.print(summary("action", part.results, lambda each: each.action))
    if action is None:
        console.print(summary("property", part.results, lambda each: each.property))
    figures = f": {part.figures}, {part.seconds:.1f} s"
    console.print(Text.assemble(verdict_text(part.verdict), figures))
    return exit_code([part])


def asked_for(
    text: Rules, action: str | None = None, name: str | None = None
) -> list[tuple[str, str]]:
    """Return the obligations of that action and name. Raises BadInputError where there are none."""
    every = obligations(text)
    if action is not None:
        check_known("action", action, dict.fromkeys(group for group, _ in every))
    if name is not None:
        check_known("property", name, dict.fromkeys(each for _, each in every))
    asked = [pair for pair in every if action in (None, pair[0]) and name in (None, pair[1])]
    if not asked:
        raise BadInputError(f"{name} is no obligation of {action}: it does not speak of it.")
    return asked


def discharge(
    part: Proofs, text: Rules, action: str | None = None, name: str | None = None
) -> Iterator[Obligation]:
    """Prove what was asked for, collect it in `part`, and generate it as it is discharged.

    Everything is proved in two processes; a selection in this one.
    """
    whole = action is None and name is None
    results = prove_all(text, PROCESSES) if whole else prove_some(text, action, name)
    with part.running():
        for result in results:
            part.results.append(obligation(result))
            yield part.results[-1]
        part.judge(good=part.num_proved == part.total)


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


def tell(console: Console, result: Obligation, width: int) -> None:
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
