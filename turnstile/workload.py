"""`turnstile workload`: the sessions of a file of recorded requests, replayed in lockstep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from spec.machine.trace import show
from stateful_tests.difference import Difference
from stateful_tests.workload.plan import Plan
from stateful_tests.workload.replay import Replay
from stateful_tests.workload.result import WorkloadResult
from stateful_tests.workload.sessions import load_sessions
from turnstile.bad_input import check_at_least, check_device, check_rate
from turnstile.console import Progress, make_console
from turnstile.files import check_folder, write_trace
from turnstile.options import REPORT, Device, Folder, Seed
from turnstile.recorded import Workload
from turnstile.report import exit_code
from turnstile.table import count_table, verdict_text

ABORT_RATE = 0.05
LAST = 12
"""Actions that are printed of those that led to a difference."""


def workload(
    file: Annotated[Path, typer.Argument(help="Recorded requests: Mooncake or Bailian format.")],
    sessions: Annotated[int, typer.Option(help="Replay so many, those that start first.")] = 500,
    page_size: Annotated[int, typer.Option(help="Tokens of a page.")] = 16,
    scale: Annotated[int, typer.Option(help="Divide all lengths by this.")] = 64,
    abort_rate: Annotated[
        float, typer.Option(help="Turns that are aborted, from 0 to 1.")
    ] = ABORT_RATE,
    seed: Seed = 0,
    device: Device = "cpu",
    folder: Folder = REPORT,
) -> None:
    """Replay recorded sessions on spec and engine, with aborts, and compare as they go."""
    check_at_least("--sessions", sessions, 1)
    check_at_least("--page-size", page_size, 1)
    check_at_least("--scale", scale, 1)
    check_rate("--abort-rate", abort_rate)
    check_device(device)
    check_folder(folder)
    loaded = load_sessions(file, sessions)
    plan = Plan.of(loaded, page_size, scale, abort_rate, seed, device)
    part = new_part(file, plan, abort_rate)
    raise typer.Exit(replay_and_tell(make_console(), part, Replay(plan), folder))


def new_part(file: Path, plan: Plan, abort_rate: float = ABORT_RATE) -> Workload:
    """Return the part of a report that says what is to be replayed."""
    setting = plan.setting
    return Workload(
        check=f"workload, page_size {setting.size.page_size}",
        file=file.name,
        page_size=setting.size.page_size,
        scale=plan.scale,
        abort_rate=abort_rate,
        seed=setting.seed,
        device=setting.device,
        sizes=asdict(setting.size),
        num_turns=plan.num_turns,
    )


def replay_and_tell(console: Console, part: Workload, replay: Replay, folder: Path) -> int:
    """Replay a workload and print what was done, and what differs; return the exit code."""
    asked = f"{len(replay.result.plan.asks):,} sessions, {part.num_turns:,} turns"
    console.print(f"{part.file}: {asked}, lengths divided by {part.scale}")
    console.print(", ".join(f"{name} {size:,}" for name, size in part.sizes.items()))
    try:
        with Progress(console, lambda: f"{part.submitted:,} turns, {part.figures}") as progress:
            follow(part, replay, folder, progress)
    except KeyboardInterrupt:
        console.print()
    console.print(count_table("move", {"times": part.moves}))
    console.print()
    console.print(count_table("turns without an answer", {"turns": part.aborted}))
    console.print()
    peak = f"at most {part.peak_open:,} sessions open and {part.peak_pages:,} pages held at once"
    console.print(f"{part.tokens_output:,} tokens of output; {peak}")
    if part.difference:
        console.print(f"\n{part.difference}\n", soft_wrap=True)
    figures = f": {part.figures}, {part.seconds:.1f} s"
    console.print(Text.assemble(verdict_text(part.verdict), figures), soft_wrap=True)
    return exit_code([part])


def follow(part: Workload, replay: Replay, folder: Path, progress: Callable[[], None]) -> None:
    """Replay into `part`, also where Ctrl-C ends it; save a failing trace."""

    def seen(result: WorkloadResult) -> None:
        part.take(result)
        progress()

    with part.running():
        try:
            replay.run(progress=seen)
        finally:
            part.take(replay.result)
        part.judge(good=replay.result.complete)
    if difference := replay.result.difference:
        trace = replay.result.plan.setting.trace(difference.steps)
        part.trace_file = write_trace(folder, f"workload-page-size-{part.page_size}", trace)
        part.difference = described(difference, folder / part.trace_file)


def described(difference: Difference, path: Path) -> str:
    """Return what differs and the last actions before it; the trace is long, and not cut down."""
    last = "\n".join(f"  {show(step)}" for step in difference.steps[-LAST:])
    return "\n".join(
        [
            str(replace(difference, steps=[])),
            f"after {len(difference.steps):,} actions, the last of them:",
            last,
            f"saved as {path}; replay it with",
            f"  turnstile replay {path}",
        ]
    )
