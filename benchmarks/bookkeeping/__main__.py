"""What a turn's bookkeeping costs, ours against released SGLang: one run, ratios, a verdict.

    nice -n -18 taskset -c 1 python -m benchmarks.bookkeeping

Exit status: 0 if the target is met, 1 if it is missed, 2 if there is no release to compare with.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.bookkeeping import sweeps, table
from benchmarks.bookkeeping.point import Point
from benchmarks.bookkeeping.race import RELEASES, Result, engines, missing, race
from benchmarks.bookkeeping.verdict import verdicts
from stateful_tests.engines.hosting.client import Client
from stateful_tests.engines.sglang.releases import requirement

MET, MISSED, ALONE = 0, 1, 2

TARGETED = ("One at a time", "At once", "With a tail", "Quick")
"""The series of the points that the target speaks of; the others explain."""


def series(is_quick: bool, least: int, most: int) -> dict[str, list[Point]]:
    """Return the points by title; those of the titles in TARGETED are judged."""
    if is_quick:
        return {"Quick": sweeps.quick()}
    titled = {
        "One at a time": sweeps.one_at_a_time(),
        "At once": sweeps.at_once(),
        "With a tail": sweeps.with_tails(),
        "New tokens": sweeps.new_tokens(),
        "Kernels for nothing": sweeps.free_kernels(),
    }
    there = {title: sweeps.measured(points, least, most) for title, points in titled.items()}
    return {title: points for title, points in there.items() if points}


def ran(
    console: Console, clients: dict[str, Client], points: list[Point], rounds: int
) -> list[Result]:
    """Race at each point, and say at which, on stderr."""
    results = []
    for i, point in enumerate(points, 1):
        console.print(f"{i} of {len(points)}: {table.named(point)}", soft_wrap=True)
        results.append(race(clients, point, rounds))
    return results


def main(
    quick: Annotated[bool, typer.Option(help="A few small points, a few seconds.")] = False,
    rounds: Annotated[int, typer.Option(help="Batches of turns at each point.")] = 15,
    only: Annotated[str, typer.Option(help="Only series whose title has this in it.")] = "",
    most: Annotated[int, typer.Option(help="Locations, at a point.")] = sweeps.MOST_LOCATIONS,
    least: Annotated[int, typer.Option(help="Only points of so many.")] = 0,
    against: Annotated[str, typer.Option(help="Only this release: for memory.")] = "",
    save: Annotated[Path | None, typer.Option(help="Write all that was timed, as JSON.")] = None,
) -> None:
    """Measure, print, and judge."""
    console = Console(width=120)
    absent = missing()
    if absent:
        console.print(f"Not installed: turnstile engines install {' '.join(absent)}")
    if against and against not in RELEASES:
        raise typer.BadParameter(
            f"{against} is none of {', '.join(RELEASES)}", param_hint="--against"
        )
    there = [release for release in RELEASES if requirement(release) not in absent]
    there = [release for release in there if against in ("", release)]
    told: dict[str, list[Result]] = {}
    with engines(there) as clients:
        for title, points in series(quick, least, most).items():
            if only in title:
                told[title] = ran(Console(stderr=True), clients, points, rounds)
                table.show(console, title, told[title])
    if save:
        save.write_text(json.dumps({k: [asdict(r) for r in v] for k, v in told.items()}))
    if not quick:
        table.show_left_out(console, sweeps.left_out(sweeps.one_at_a_time(), most))
    judged = verdicts([result for title in TARGETED for result in told.get(title, [])])
    for verdict in judged:
        table.show_verdict(console, "All that the target speaks of", verdict)
    is_met = all(verdict.is_met for verdict in judged)
    raise typer.Exit(ALONE if not there else MET if is_met else MISSED)


if __name__ == "__main__":
    typer.run(main)
