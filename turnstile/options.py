"""Options that several commands share, so that one word means one thing everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stateful_tests.engines.find import NAMES

Seed = Annotated[
    int,
    typer.Option(min=0, max=2**63 - 1, help="Repeats a run: the same seed draws the same actions."),
]
Seconds = Annotated[float, typer.Option(help="How long lockstep goes on.")]
Device = Annotated[str, typer.Option(help="Where the engine keeps its tensors: cpu, or cuda.")]
Engine = Annotated[str, typer.Option(help=f"Which engine acts beside the spec: {NAMES}.")]
Folder = Annotated[Path, typer.Option("--report", help="Folder for report and failing traces.")]

REPORT = Path("turnstile-report")
