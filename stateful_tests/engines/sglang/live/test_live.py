"""A log that a live server's schedulers write is taken by the spec; that of a finding is not.

Skipped for releases that are not installed. The scheduler is the hosted one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from spec.machine.log.judge import Judge, Objection
from spec.machine.log.lines import Reader
from stateful_tests.engines.contender import Contender
from stateful_tests.engines.find import find
from stateful_tests.engines.hosting.client import Client
from stateful_tests.engines.sglang.adapter import SGLangEngine
from stateful_tests.engines.sglang.conftest import Hosted
from stateful_tests.engines.sglang.drawn import hosted as hosted_world
from stateful_tests.engines.sglang.findings.known import FINDINGS
from stateful_tests.engines.sglang.install import folder_of, python_of
from stateful_tests.engines.sglang.releases import HOST, RELEASES, UNIFIED
from stateful_tests.fuzz import Fuzz
from stateful_tests.run import replay
from stateful_tests.setting import Setting

RUNS = 4


@dataclass
class Logging:
    """A release whose schedulers log."""

    release: str
    client: Client
    folder: Path

    def contender(self, loop: str) -> Contender:
        """Return it as an engine."""
        found = find(f"sglang=={self.release}[{loop}]")
        release = RELEASES[self.release]
        unified, clips = release.caches[0] == UNIFIED, release.clips_to_pool

        def make(setting: Setting) -> SGLangEngine:
            world = hosted_world(setting, unified=unified, clips_to_pool=clips)
            return SGLangEngine(self.client, world)

        return replace(found, make=make)

    def objections(self) -> Iterator[tuple[int, Objection | None]]:
        """Judge each log: generate how many events were taken, and which was not."""
        for path in sorted(self.folder.glob("*.jsonl")):
            with path.open(encoding="utf-8") as lines:
                reader = Reader(lines, path.name)
                judge = Judge(reader)
                objection = judge.judge(reader.events())
                yield judge.num_events, objection
            path.unlink()


@pytest.fixture(scope="module")
def logging(hosted: Hosted, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Logging]:
    """Start a process of its own, that it may end by a crash."""
    client = Client(python_of(hosted.release), folder_of(hosted.release), HOST)
    folder = tmp_path_factory.mktemp(hosted.release)
    client.configure(next(iter(hosted.worlds().values())))
    client.ask("log", folder=str(folder))
    yield Logging(hosted.release, client, folder)
    client.stop()


@pytest.mark.parametrize("loop", ["normal", "overlap"])
def test_what_a_release_logs_is_what_the_spec_allows(logging: Logging, loop: str) -> None:
    contender = logging.contender(loop).beyond_known
    fuzz = Fuzz(seed=1, make=contender.lockstep, drawn=contender.drawn)
    for _ in range(RUNS):
        assert fuzz.one() is None
    judged = list(logging.objections())
    assert len(judged) == RUNS
    assert sum(num for num, _ in judged) > 100 * RUNS
    assert [objection for _, objection in judged if objection] == []


TOLD = {
    "R2": "the log has the answer ok, the spec in_flight",
    "R10": "the log sees in_flight True, the spec has False",
    "R11": "the log sees in_flight False, the spec has True",
}
"""Findings that a log shows at once, and by which words."""


def test_the_log_of_a_finding_is_refused(logging: Logging) -> None:
    findings = [f for f in FINDINGS if f.id in TOLD and logging.release in f.releases]
    assert findings
    for finding in findings:
        contender, trace = logging.contender("normal"), finding.trace
        assert replay(Setting.of(trace), trace.steps, contender.lockstep)
        logging.client.ask("step")
        [(_, objection)] = logging.objections()
        assert objection is not None
        assert objection.words == TOLD[finding.id]


def test_a_servers_launcher_takes_the_function_that_runs_a_scheduler(hosted: Hosted) -> None:
    path = folder_of(hosted.release) / "sglang/srt/entrypoints/http_server.py"
    functions = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    [launch] = [
        f for f in functions if isinstance(f, ast.FunctionDef) and f.name == "launch_server"
    ]
    names = [each.arg for each in (*launch.args.args, *launch.args.kwonlyargs)]
    assert "run_scheduler_process_func" in names
