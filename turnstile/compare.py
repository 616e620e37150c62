"""`turnstile compare`: which engine has which of the findings that were made in releases?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stateful_tests.engines.blocks.findings.known import FINDINGS as IN_BLOCKS
from stateful_tests.engines.contender import Contender
from stateful_tests.engines.finding import Finding
from stateful_tests.engines.hosted import installed
from stateful_tests.engines.sglang.findings.known import FINDINGS as IN_SESSIONS
from stateful_tests.engines.verdict import Compared, Verdict, compare
from turnstile.bad_input import BadInputError, check_known
from turnstile.console import STYLES, Progress, make_console
from turnstile.engines import find_engine

FINDINGS: tuple[Finding, ...] = (*IN_SESSIONS, *IN_BLOCKS)
"""All that were made in releases."""

Row = dict[str, Compared]
"""One finding on each engine, by the engine's name."""

STYLE = {
    Verdict.FOUND: "failed",
    Verdict.GONE: "ok",
    Verdict.OTHER: "not run",
    Verdict.UNASKED: "not run",
}


def compare_engines(
    engines: Annotated[
        list[str] | None,
        typer.Argument(help="Engines; without any, all releases that are installed."),
    ] = None,
    only: Annotated[str | None, typer.Option("--finding", help="One finding, by number.")] = None,
) -> None:
    """Replay the minimal trace of each finding on engines: which has it, and which has it no more?

    Each runs in the loop that it was made in; name one for all as in sglang==0.5.11[overlap].
    """
    findings = {finding.id: finding for finding in FINDINGS}
    if only is not None:
        check_known("finding", only, findings)
    names = engines or installed()
    if not names:
        raise BadInputError("no release is installed; install one with `turnstile engines install`")
    contenders = [find_engine(name) for name in names]
    asked = [findings[only]] if only else list(FINDINGS)
    raise typer.Exit(compare_and_tell(make_console(), asked, contenders))


def compare_and_tell(
    console: Console, findings: Sequence[Finding], contenders: Sequence[Contender]
) -> int:
    """Compare, print a table, and what each finding is; return 1 if any engine has any."""
    rows: dict[str, Row] = {finding.id: {} for finding in findings}
    done = 0
    with Progress(console, lambda: f"{done} of {len(findings) * len(contenders)}") as progress:
        for contender in contenders:
            for finding in findings:
                rows[finding.id][contender.name] = compare(finding, contender)
                done += 1
                progress()
    console.print(finding_table(rows, contenders))
    for finding in findings:
        known = f" (known as {finding.bug})" if finding.bug else ""
        console.print(f"\n{finding.id}: {finding.title}{known}", style="bold", soft_wrap=True)
        console.print(f"  seen as  {finding.symptom}", soft_wrap=True)
        console.print(f"  told by  {finding.checks[0]}", soft_wrap=True)
        console.print(f"  cause    {finding.where}", soft_wrap=True)
        for name, compared in rows[finding.id].items():
            if compared.verdict == Verdict.OTHER and compared.difference:
                console.print(f"  {name} fails by {compared.difference.check}", soft_wrap=True)
    verdicts = [compared.verdict for row in rows.values() for compared in row.values()]
    return int(Verdict.FOUND in verdicts)


def finding_table(rows: dict[str, Row], contenders: Sequence[Contender]) -> Table:
    """Return a row per engine and a column per finding."""
    table = Table("engine", box=None, header_style="bold", pad_edge=False)
    for number in rows:
        table.add_column(number, justify="center")
    for contender in contenders:
        verdicts = [row[contender.name].verdict for row in rows.values()]
        cells = [Text(verdict, STYLES[STYLE[verdict]]) for verdict in verdicts]
        table.add_row(contender.name, *cells)
    return table
