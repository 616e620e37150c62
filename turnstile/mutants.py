"""`turnstile mutants`: is there a line of the spec text whose change no property notices?"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from proofs.mutants.generate import functions
from proofs.mutants.generate import mutants as generate
from proofs.mutants.mutant import Mutant, Outcome, Verdict
from proofs.mutants.run import run
from proofs.mutants.score import Score
from turnstile.bad_input import check_at_least, check_known, check_seconds
from turnstile.console import STYLES, Progress, make_console
from turnstile.files import check_file, write
from turnstile.report import INTERRUPTED

VERDICTS = (Verdict.KILLED, Verdict.SURVIVED, Verdict.EQUIVALENT, Verdict.INVALID)


def mutants(
    only: Annotated[str | None, typer.Option(help="Only mutants of this function.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="List them, and run none.")] = False,
    to: Annotated[Path | None, typer.Option("--json", help="Write every outcome there.")] = None,
    processes: Annotated[int, typer.Option(help="How many are run at a time.")] = 2,
    seconds: Annotated[
        float, typer.Option("--seconds-per-mutant", help="Processor time to hunt each.")
    ] = 60.0,
) -> None:
    """Change the spec text in every small way, and see whether a property is violated."""
    if only is not None:
        check_known("function", only, functions())
    check_seconds(seconds)
    check_at_least("--processes", processes, 1)
    if to is not None:
        check_file(to)
    console, hunted = make_console(), generate(only)
    if listed:
        for mutant in hunted:
            console.print(f"{mutant.name}: {mutant.before}  ->  {mutant.after}", soft_wrap=True)
        console.print(f"{len(hunted):,} mutants")
        raise typer.Exit
    raise typer.Exit(mutate_and_tell(console, hunted, to, processes, seconds))


def mutate_and_tell(
    console: Console,
    hunted: list[Mutant],
    to: Path | None = None,
    processes: int = 2,
    seconds: float = 60.0,
) -> int:
    """Run mutants, print survivors as they come and the score at the end; return the exit code."""
    outcomes: list[Outcome] = []
    code = 0
    try:
        with Progress(console, lambda: f"{len(outcomes):,} of {len(hunted):,} mutants") as progress:
            for outcome in run(hunted, processes, seconds):
                outcomes.append(outcome)
                tell(console, outcome)
                progress()
    except KeyboardInterrupt:
        console.print("interrupted")
        code = INTERRUPTED
    finally:
        if to is not None:
            write(to, json.dumps([data(outcome) for outcome in outcomes], indent=1) + "\n")
    score = Score.of(outcomes)
    console.print(kind_table(outcomes))
    console.print(", ".join(f"{count:,} by {killer}" for killer, count in score.killers.items()))
    console.print(f"{len(outcomes):,} of {len(hunted):,} mutants run: {score}")
    return code or int(score.killed < score.total)


def tell(console: Console, outcome: Outcome) -> None:
    """Print a mutant that survives: what it does, and why it may or how long it was hunted."""
    if outcome.verdict not in (Verdict.SURVIVED, Verdict.EQUIVALENT):
        return
    mutant, survived = outcome.mutant, outcome.verdict == Verdict.SURVIVED
    hunted = f"{outcome.states:,} states, {outcome.obligations:,} obligations"
    words = "; ".join(each for each in (outcome.words, hunted) if each)
    style = STYLES["failed"] if survived else STYLES["not run"]
    line = f"  {mutant.name}: {mutant.before}  ->  {mutant.after}  ({words})"
    console.print(Text.assemble((f"{outcome.verdict:10}", style), line), soft_wrap=True)


def kind_table(outcomes: list[Outcome]) -> Table:
    """Return a row per kind of mutant, and one for all."""
    table = Table("mutant", box=None, header_style="bold", pad_edge=False)
    for column in (*VERDICTS, "score"):
        table.add_column(column, justify="right")
    kinds = list(dict.fromkeys(outcome.mutant.kind for outcome in outcomes))
    rows: list[tuple[str, Callable[[Outcome], bool]]] = [
        *((kind, lambda outcome, kind=kind: outcome.mutant.kind == kind) for kind in kinds),
        ("all", lambda _: True),
    ]
    for name, fits in rows:
        score = Score.of(outcome for outcome in outcomes if fits(outcome))
        share = f"{100 * score.killed / score.total:.1f} %" if score.total else ""
        table.add_row(name, *(f"{score.verdicts[each]:,}" for each in VERDICTS), share)
    return table


def data(outcome: Outcome) -> dict[str, object]:
    """Return an outcome as JSON holds it: without the edited text, which its key tells."""
    mutant = outcome.mutant
    return {
        "name": mutant.name,
        "key": mutant.key,
        **{name: value for name, value in asdict(outcome).items() if name != "mutant"},
    }
