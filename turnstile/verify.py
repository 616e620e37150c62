"""`turnstile verify`, the main job: prove, explore, run in lockstep, replay a workload, report."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from spec.machine.explore import Exploration, Explorer
from spec.machine.rules import Rules, rules
from spec.machine.worlds import WORLDS, World
from stateful_tests.fuzz import Fuzz
from turnstile import explore, fuzz, prove
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


def verify(
    seed: Seed = 0,
    seconds: Seconds = 60.0,
    device: Device = "cpu",
    folder: Folder = REPORT,
) -> None:
    """Do everything: prove, explore, run in lockstep, replay a workload; write a report."""
    check_seconds(seconds)
    check_device(device)
    check_folder(folder)
    report = Report(describe_run(seed, device))
    verification = Verification(report, rules(), list(WORLDS.values()), seconds, folder)
    raise typer.Exit(verification.run(make_console()))


class Verification:
    """All parts of one report, filled in one after the other."""

    def __init__(
        self, report: Report, text: Rules, worlds: list[World], seconds: float, folder: Path
    ) -> None:
        seed, device = report.about.seed, report.about.device
        self.report, self.text, self.folder = report, text, folder
        self.seconds, self.worlds = seconds, worlds
        self.proofs = prove.new_part(text)
        self.explored = [explore.new_part(world) for world in worlds]
        self.cases = Cases(cases=collect_cases(text, []))
        self.lockstep = LockstepRuns(engine=REFERENCE, device=device, seed=seed)
        report.parts += [self.proofs, *self.explored, self.cases, self.lockstep]

    def run(self, console: Console) -> int:
        """Do every part, or as much as Ctrl-C allows; print, write, return the exit code."""
        try:
            with self.report.running(), Progress(console, self._table) as progress:
                self._prove(progress)
                self._explore(progress)
                self._draw(progress)
        except KeyboardInterrupt:
            console.print("interrupted; what was completed:")
        console.print(self._table())
        for command in self._hints():
            console.print(f"see  {command}", soft_wrap=True)
        console.print(f"report: {write_report(self.report, self.text, self.folder)}")
        return exit_code(self.report.parts)

    def _prove(self, progress: Progress) -> None:
        prove.discharge(self.proofs, self.text, lambda _: progress())

    def _explore(self, progress: Progress) -> None:
        """Explore each world, then see which cases were reached in any of them."""
        found: list[Exploration] = []
        self.cases.verdict = Verdict.INTERRUPTED  # unless it gets to the end
        try:
            for part, world in zip(self.explored, self.worlds, strict=True):
                explorer = Explorer(self.text, world)
                found.append(explorer.found)
                explore.search(part, explorer, None, self.folder, progress)
        finally:
            self.cases.cases = collect_cases(self.text, found)
        self.cases.judge(good=all(case.trace for case in self.cases.cases))

    def _draw(self, progress: Progress) -> None:
        runs = Fuzz(self.lockstep.seed, self.lockstep.device)
        fuzz.draw(self.lockstep, runs, self.seconds, self.folder, progress)

    def _hints(self) -> Iterator[str]:
        """Generate the commands that show what failed."""
        for result in self.proofs.results:
            if result.verdict in FAILED:
                which = ["--action", result.action, "--invariant", result.property]
                yield shlex.join(["turnstile", "prove", *which])
        for part in self.report.parts:
            if part.trace_file:
                yield f"turnstile replay {self.folder / part.trace_file}"

    def _table(self) -> Table:
        return summary_table(self.report)
