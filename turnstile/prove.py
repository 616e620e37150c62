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
    part = Proofs(total=len(asked_for(text, action, invariant)))
    try:
        for result in discharge(part, text, action, invariant):
            tell(console, result)
    except KeyboardInterrupt:
        console.print()
    console.print(summary("action", part.results, lambda each: each.action))
    console.print(summary("property", part.results, lambda each: each.property))
    verdict = Text(part.verdict, STYLES[part.verdict])
    console.print(Text.assemble(verdict, f": {part.figures}, {part.seconds:.1f} s"))
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
        raise BadInputError(
            f"nothing has to be proved of {name} after {action}: it cannot touch it."
        )
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


def tell(console: Console, result: Obligation) -> None:
    """Print one obligation, and the counterexample to a refuted one."""
    verdict = Text(f"{result.verdict:8}", STYLES[result.verdict])
    line = f" {result.action:14} {result.property}  {result.seconds:.2f} s"
    console.print(Text.assemble(verdict, line), soft_wrap=True)
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
            Text(str(proved), "" if proved == len(mine) else STYLES["failed"]),
            str(len(mine)),
            str(sum(result.queries for result in mine)),
            f"{sum(result.seconds for result in mine):.2f}",
        )
    return table
