"""`turnstile bugs`: is each planted bug caught? A harness that misses one says nothing."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stateful_tests.bugs import BUGS, Bug, Hunt, hunt
from turnstile.bad_input import check_known, check_seconds
from turnstile.console import Progress, make_console
from turnstile.options import Seed
from turnstile.report import INTERRUPTED


def bugs(
    id: Annotated[str | None, typer.Option(help="Only this bug.")] = None,  # noqa: A002 - its word
    seed: Seed = 0,
    seconds: Annotated[float, typer.Option(help="How long each bug is hunted.")] = 60.0,
) -> None:
    """Hunt each planted bug and tell which check caught it, and by how short a trace."""
    if id is not None:
        check_known("planted bug", id, BUGS)
    check_seconds(seconds)
    hunted = [BUGS[id]] if id else list(BUGS.values())
    raise typer.Exit(hunt_and_tell(make_console(), hunted, seed, seconds))


def hunt_and_tell(console: Console, hunted: list[Bug], seed: int, seconds: float) -> int:
    """Hunt one bug after the other and print the table; return the exit code."""
    hunts: list[tuple[Bug, Hunt]] = []
    code = 0
    try:
        with Progress(console, lambda: bug_table(hunts)) as progress:
            for bug in hunted:
                progress()
                hunts.append((bug, hunt(bug, seed, seconds)))
    except KeyboardInterrupt:
        console.print("interrupted")
        code = INTERRUPTED
    console.print(bug_table(hunts))
    caught = sum(is_caught(bug, found) for bug, found in hunts)
    console.print(f"{caught} of {len(hunted)} planted bugs caught by name, seed {seed}")
    return code or int(caught < len(hunted))


def is_caught(bug: Bug, found: Hunt) -> bool:
    """Whether the hunt met a difference, and one of the checks that may see this bug first."""
    return found.difference is not None and found.difference.check in bug.checks


def bug_table(hunts: list[tuple[Bug, Hunt]]) -> Table:
    """Return a row per bug: what caught it, after how many actions, by how many in the end."""
    table = Table("id", "what goes wrong", box=None, header_style="bold", pad_edge=False)
    table.add_column("caught by", no_wrap=True)
    for column in ("seconds", "tried", "minimal"):
        table.add_column(column, justify="right")
    for bug, found in hunts:
        check = found.difference.check if found.difference else "nothing"
        if found.difference and not is_caught(bug, found):
            check += f", not by {' or '.join(bug.checks)}"
        table.add_row(
            bug.id,
            bug.story,
            Text(check, "green" if is_caught(bug, found) else "bold red"),
            f"{found.seconds:.1f}",
            f"{found.actions:,}",  # actions, until it was met
            str(len(found.difference.steps)) if found.difference else "",
        )
    return table
