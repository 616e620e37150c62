"""`turnstile verify`, the main job: prove, explore, run in lockstep, replay a workload, report."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

import stateful_tests.workload
from spec.machine.explore import Exploration
from spec.machine.progress import WORLDS_TO_REST
from spec.machine.rules import Rules, rules
from spec.machine.worlds import WORLDS, World
from stateful_tests.coverage.coverage import Coverage
from stateful_tests.fuzz import Fuzz
from stateful_tests.workload.plan import Plan
from stateful_tests.workload.replay import Replay
from stateful_tests.workload.sessions import load_sessions
from turnstile import explore, fuzz, prove
from turnstile import progress as progress_command
from turnstile import workload as workload_command
from turnstile.about import describe_run
from turnstile.bad_input import check_device, check_seconds
from turnstile.cases import collect_cases
from turnstile.console import Progress, make_console
from turnstile.engines import REFERENCE
from turnstile.files import check_folder
from turnstile.html import write_report
from turnstile.options import REPORT, Device, Folder, Seconds, Seed
from turnstile.parts import FAILED, Cases, LockstepRuns
from turnstile.report import Report, Verdict, exit_code
from turnstile.table import summary_table

SAMPLE = Path(stateful_tests.workload.__file__).parent / "sample.jsonl"
PAGE_SIZES = (1, 4, 16)
"""The workload is replayed once for each."""


def verify(
    seed: Seed = 0,
    seconds: Seconds = 60.0,
    device: Device = "cpu",
    folder: Folder = REPORT,
    workload: Annotated[
        Path, typer.Option(help="Recorded requests to replay.", show_default="a committed sample")
    ] = SAMPLE,
) -> None:
    """Do everything: prove, explore, run in lockstep, replay a workload; write a report."""
    check_seconds(seconds)
    check_device(device)
    check_folder(folder)
    sessions = load_sessions(workload)
    plans = [Plan.of(sessions, size, seed=seed, device=device) for size in PAGE_SIZES]
    worlds, to_rest = list(WORLDS.values()), list(WORLDS_TO_REST.values())
    job = Job(rules(), worlds, to_rest, seconds, workload, plans, folder)
    report = Report(describe_run(seed, device))
    raise typer.Exit(Verification(report, job).run(make_console()))


@dataclass(frozen=True)
class Job:
    """What is to be verified, and where the report goes."""

    text: Rules
    worlds: list[World]
    to_rest: list[World]  # in which the scheduler may reclaim
    seconds: float  # of drawn lockstep
    file: Path  # where the plans come from
    plans: list[Plan]
    folder: Path


class Verification:
    """All parts of one report, filled in one after the other."""

    def __init__(self, report: Report, job: Job) -> None:
        self.report, self.job = report, job
        self.proofs = prove.new_part(job.text)
        self.explored = [explore.new_part(world) for world in job.worlds]
        self.cases = Cases(cases=collect_cases(job.text, []))
        self.at_rest = [progress_command.new_part(world) for world in job.to_rest]
        self.lockstep = LockstepRuns(
            engine=REFERENCE, device=report.about.device, seed=report.about.seed
        )
        self.replayed = [workload_command.new_part(job.file, plan) for plan in job.plans]
        searched = [*self.explored, self.cases, *self.at_rest]
        report.parts += [self.proofs, *searched, self.lockstep, *self.replayed]

    def run(self, console: Console) -> int:
        """Do every part, or as much as Ctrl-C allows; print, write, return the exit code."""
        try:
            with self.report.running(), Progress(console, self._table) as progress:
                self._prove(progress)
                self._explore(progress)
                self._come_to_rest(progress)
                self._draw(progress)
                self._replay(progress)
        except KeyboardInterrupt:
            console.print("interrupted; what was completed:")
        console.print(self._table())
        for command in self._hints():
            console.print(f"see  {command}", soft_wrap=True)
        console.print(f"report: {write_report(self.report, self.job.text, self.job.folder)}")
        return exit_code(self.report.parts)

    def _prove(self, progress: Progress) -> None:
        prove.discharge(self.proofs, self.job.text, lambda _: progress())

    def _explore(self, progress: Progress) -> None:
        """Explore each world, then see which cases were reached in any of them."""
        found: list[Exploration] = []
        self.cases.verdict = Verdict.INTERRUPTED  # unless it gets to the end
        try:
            for part, world in zip(self.explored, self.job.worlds, strict=True):
                explorer = explore.new_explorer(self.job.text, world, self.report.about.device)
                found.append(explorer.found)
                explore.search(part, explorer, None, self.job.folder, progress)
        finally:
            self.cases.cases = collect_cases(self.job.text, found)
        self.cases.judge(good=all(case.trace for case in self.cases.cases))

    def _come_to_rest(self, progress: Progress) -> None:
        for part, world in zip(self.at_rest, self.job.to_rest, strict=True):
            progress_command.search(part, self.job.text, world, self.job.folder, progress)

    def _draw(self, progress: Progress) -> None:
        runs = Fuzz(self.lockstep.seed, self.lockstep.device, coverage=Coverage())
        fuzz.draw(self.lockstep, runs, self.job.seconds, self.job.folder, progress)

    def _replay(self, progress: Progress) -> None:
        for part, plan in zip(self.replayed, self.job.plans, strict=True):
            workload_command.follow(part, Replay(plan), self.job.folder, progress)

    def _hints(self) -> Iterator[str]:
        """Generate the commands that show what failed."""
        for result in self.proofs.results:
            if result.verdict in FAILED:
                which = ["--action", result.action, "--invariant", result.property]
                yield shlex.join(["turnstile", "prove", *which])
        for part in self.report.parts:
            if part.trace_file:
                yield f"turnstile replay {self.job.folder / part.trace_file}"

    def _table(self) -> Table:
        return summary_table(self.report)
