"""What is printed: a line per point, a line per operation, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks.bookkeeping.point import Point
from benchmarks.bookkeeping.race import OURS, Result
from benchmarks.bookkeeping.stopwatch import OPERATIONS
from benchmarks.bookkeeping.verdict import LEAST, TARGET, Verdict, growth, verdicts


def named(point: Point) -> str:
    """Name a point in a sentence."""
    tail = f", a tail of {point.tail}" if point.tail else ""
    return (
        f"{point.sessions:,} sessions, {point.together} at once, page_size {point.page_size}, "
        f"context {point.context:,}, {point.new} + {point.output} tokens{tail}"
    )


def show(console: Console, title: str, results: Sequence[Result]) -> None:
    """Print all that is known of a series."""
    show_points(console, title, results)
    show_operations(console, results)
    show_growth(console, results)
    for verdict in verdicts(results):
        show_verdict(console, title, verdict)


def show_points(console: Console, title: str, results: Sequence[Result]) -> None:
    """Print microseconds per turn, and ratios, of each point."""
    releases = results[0].releases
    table = Table(title=f"{title}: microseconds per turn, medians")
    for column in ("sessions", "at once", "page", "context", "new + output", OURS, *releases):
        table.add_column(column, justify="right")
    for release in releases:
        table.add_column(f"{release} / {OURS}", justify="right", style="bold")
    for result in results:
        point = result.point
        table.add_row(
            *(f"{n:,}" for n in (point.sessions, point.together, point.page_size, point.context)),
            f"{point.new:,} + {point.output:,}",
            *(f"{result.total(engine):,.1f}" for engine in (OURS, *releases)),
            *(f"{result.ratio(release):.2f}" for release in releases),
        )
    console.print(table)


def show_operations(console: Console, results: Sequence[Result]) -> None:
    """Print microseconds by operation, each the median of all points."""
    engines = (OURS, *results[0].releases)
    table = Table(title="By operation: microseconds per turn, median of all points")
    for column in ("operation", *engines):
        table.add_column(column, justify="right")
    for name in OPERATIONS:
        medians = (median(r.operation(engine, name) for r in results) for engine in engines)
        table.add_row(name, *(f"{value:,.1f}" for value in medians))
    console.print(table)


def show_growth(console: Console, results: Sequence[Result]) -> None:
    """Print how the cost of a turn grows with the context, where contexts differ."""
    factors = {engine: growth(results, engine) for engine in (OURS, *results[0].releases)}
    told = [f"{engine} x{factor:.2f}" for engine, factor in factors.items() if factor]
    if told:
        console.print(f"From the shortest context to the longest: {', '.join(told)} (median).")


def show_left_out(console: Console, points: Sequence[Point]) -> None:
    """Print which points are left out."""
    for sessions, context in sorted({(point.sessions, point.context) for point in points}):
        console.print(f"Left out, too large: {sessions:,} sessions of {context:,} tokens")


def show_verdict(console: Console, title: str, verdict: Verdict) -> None:
    """Print whether the target is met against one release."""
    word = "[green]met[/]" if verdict.is_met else "[red]missed[/]"
    console.print(
        f"{title}: {verdict.release}, {word}. Ours is {verdict.median:.2f} times as quick at the "
        f"median (target {TARGET:g}), {verdict.least:.2f} at the worst point (target {LEAST:g}): "
        f"{named(verdict.worst.point)}.",
        highlight=False,
    )
