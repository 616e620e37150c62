"""How many bytes of bookkeeping an idle session takes, and each of its tokens.

    python -m benchmarks.memory

Sessions are made, and what was allocated meanwhile is weighed: tokens, objects, KV records; beside
it the pools of rows and locations, which are made at the start. Never K and V. What is told are
slopes: of two numbers of sessions, and of two contexts.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.bookkeeping.point import Point
from benchmarks.bookkeeping.race import RELEASES, engines, missing
from stateful_tests.engines.hosting.client import Client
from stateful_tests.engines.sglang.releases import requirement

FEW, MANY = 16, 64
SHORT, LONG = 1 << 10, 1 << 13


@dataclass(frozen=True)
class Weight:
    """Bytes at one page size."""

    session: float  # of an idle session, whatever its length
    token: float  # of each token of an idle session
    row_entry: float  # of the row table, for each position that a row may list; made at the start
    page: float  # of the allocator, for each page of the pool; made at the start


def weight(client: Client, page_size: int) -> Weight:
    """Weigh an engine's sessions."""

    client.configure(Point(sessions=1, together=1, page_size=page_size, context=SHORT))

    def at(sessions: int, context: int) -> tuple[Point, dict[str, Any]]:
        point = Point(sessions=sessions, together=1, page_size=page_size, context=context)
        return point, client.ask("memory", **asdict(point))

    (_, few), (point, long), (_, many) = at(FEW, SHORT), at(FEW, LONG), at(MANY, SHORT)
    token = (long["sessions"] - few["sessions"]) / (FEW * (LONG - SHORT))
    session = (many["sessions"] - few["sessions"]) / (MANY - FEW) - token * SHORT
    return Weight(
        session=session,
        token=token,
        row_entry=long["row"] / point.most,
        page=long["allocator"] / point.num_pages,
    )


def main(
    page_sizes: Annotated[list[int] | None, typer.Option("--page-size")] = None,
) -> None:
    """Weigh ours and the releases that are installed."""
    there = [release for release in RELEASES if requirement(release) not in missing()]
    table = Table(title="Bytes of bookkeeping")
    columns = ("engine", "page", "idle session", "token of it", "row entry", "page of the pool")
    for column in columns:
        table.add_column(column, justify="right")
    with engines(there) as clients:
        for page_size in page_sizes or (1, 16, 64):
            for engine, client in clients.items():
                told = weight(client, page_size)
                values = (told.session, told.token, told.row_entry, told.page)
                table.add_row(engine, str(page_size), *(f"{value:,.1f}" for value in values))
    Console(width=120).print(table)


if __name__ == "__main__":
    typer.run(main)
