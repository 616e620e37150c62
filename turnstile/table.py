"""Tables for people: the summary of a report, and counts by name."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from rich.table import Table
from rich.text import Text

from turnstile.console import STYLES
from turnstile.parts import Case
from turnstile.report import Report


def verdict_text(verdict: str) -> Text:
    """Return a verdict in its colour."""
    return Text(verdict, STYLES[verdict.strip()])


def summary_table(report: Report) -> Table:
    """Return one row per part of the report: what was checked, real figures, seconds, verdict."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("check", no_wrap=True)
    table.add_column("figures")
    table.add_column("seconds", justify="right")
    table.add_column("verdict")
    for part in report.parts:
        seconds = f"{part.seconds:.1f}" if part.seconds else ""
        table.add_row(part.check, part.told, seconds, verdict_text(part.verdict))
    return table


def count_table(what: str, counts: Mapping[str, Mapping[str, int]]) -> Table:
    """Return a row for each name that is counted in any of the columns, most counted first."""
    table = Table(what, box=None, header_style="bold", pad_edge=False)
    for column in counts:
        table.add_column(column, justify="right")
    first = next(iter(counts.values()))
    names = dict.fromkeys(name for column in counts.values() for name in column)
    for name in sorted(names, key=lambda name: -first.get(name, 0)):
        cells = (column.get(name) for column in counts.values())
        table.add_row(name, *("" if count is None else f"{count:,}" for count in cells))
    return table


def case_table(cases: Sequence[Case]) -> Table:
    """Return a row per case, the soonest reached first."""
    table = Table("case", box=None, header_style="bold", pad_edge=False)
    table.add_column("actions to it", justify="right")
    for case in sorted(cases, key=lambda case: len(case.trace) or math.inf):
        table.add_row(case.name, str(len(case.trace)) if case.trace else "not reached")
    return table
