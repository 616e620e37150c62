"""`turnstile cross-check`: every query that a proof relies on, put to cvc5 as well."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from proofs.cross_check import CrossChecked, Solver, Verdict, ask_cvc5, has_cvc5, sample
from proofs.cross_check import cross_check as check_each
from spec.machine.rules import Rules, rules
from turnstile.bad_input import BadInputError, check_at_least, check_seconds
from turnstile.console import STYLES, make_console
from turnstile.export import asked_for, save
from turnstile.files import check_folder
from turnstile.options import REPORT, Folder
from turnstile.report import INTERRUPTED
from turnstile.table import count_table, verdict_text

GOOD = {Verdict.BOTH: STYLES["proved"], Verdict.NO_QUERY: STYLES["not run"]}
"""How the verdicts look that are no failure."""


def cross_check(
    action: Annotated[str | None, typer.Option(help="Only what this action must keep.")] = None,
    invariant: Annotated[str | None, typer.Option(help="Only this property.")] = None,
    one_in: Annotated[
        int, typer.Option(help="Only about one obligation in so many, always the same.")
    ] = 1,
    seconds: Annotated[float, typer.Option(help="How long cvc5 may take for a query.")] = 300.0,
    folder: Folder = REPORT,
) -> None:
    """Prove each obligation with Z3, and put the queries of its proof to cvc5, a second solver.

    Obligations are `proved by both`, `unknown` to cvc5, or the solvers DISAGREE, and one of them is
    wrong. The queries that cvc5 does not confirm are saved as SMT-LIB 2.6 files.
    """
    check_at_least("--one-in", one_in, 1)
    check_seconds(seconds)
    check_folder(folder)
    if not has_cvc5():
        raise BadInputError("cvc5 is not installed; it comes with pip install 'cvc5>=1.3'.")
    text = rules()
    asked = sample(asked_for(text, action, invariant), one_in)
    if not asked:
        raise BadInputError(f"--one-in {one_in} leaves no obligation; give a smaller number.")
    solver = partial(ask_cvc5, seconds=seconds)
    raise typer.Exit(cross_check_and_tell(make_console(), text, asked, solver, folder))


def cross_check_and_tell(
    console: Console, text: Rules, asked: list[tuple[str, str]], solver: Solver, folder: Path
) -> int:
    """Print a line per obligation and the sums, save what is in doubt; return the exit code."""
    done: list[CrossChecked] = []
    width = max(len(name) for _, name in asked)
    try:
        for checked in check_each(text, asked, solver):
            done.append(checked)
            tell(console, width, checked, folder)
    except KeyboardInterrupt:
        console.print("interrupted")
    console.print()
    console.print(count_table("verdict", {"obligations": Counter(each.verdict for each in done)}))
    console.print()
    answers = sum((checked.answers for checked in done), Counter[str]())
    says = ", ".join(f"{count:,} {answer}" for answer, count in answers.items())
    figures = f"{len(done):,} of {len(asked):,} obligations, cvc5 says {says or 'nothing'}"
    code, verdict = judge(done, len(asked))
    console.print(Text.assemble(verdict_text(verdict), f": {figures}"), soft_wrap=True)
    return code


def judge(done: list[CrossChecked], num_asked: int) -> tuple[int, str]:
    """Return the exit code and its word: what cvc5 does not confirm is a failure, as in `prove`."""
    if any(checked.verdict not in GOOD for checked in done):
        return 1, "failed"
    return (0, "ok") if len(done) == num_asked else (INTERRUPTED, "interrupted")


def tell(console: Console, width: int, checked: CrossChecked, folder: Path) -> None:
    """Print one obligation; save the queries in doubt."""
    verdict, result = checked.verdict, checked.result
    style = GOOD.get(verdict, STYLES["failed"])
    line = f"  {result.action:13}  {result.property:{width}}"
    if checked.answers:
        times = f"z3 {result.seconds:.2f} s, cvc5 {checked.seconds:.2f} s"
        line += f"  {checked.answers.total():4} asked, {times}"
    console.print(Text.assemble((f"{verdict:14}", style), line), soft_wrap=True)
    for script, answer in checked.doubtful:
        path = save(script, folder / "smtlib")
        console.print(f"    cvc5 says {answer}: {path}", soft_wrap=True)
