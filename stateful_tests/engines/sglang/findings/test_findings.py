"""Every finding is found where the table says, by its name and by no less than its whole trace.

Skipped for releases that are not installed.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from spec.machine.trace import show
from stateful_tests.engines.contender import NotInstalledError
from stateful_tests.engines.find import find
from stateful_tests.engines.sglang.findings.finding import TRACES, Finding
from stateful_tests.engines.sglang.findings.known import FINDINGS
from stateful_tests.engines.sglang.releases import RELEASES
from stateful_tests.engines.verdict import Verdict, compare
from stateful_tests.setting import Setting

DOCUMENT = Path(__file__).parents[4] / "docs" / "found.md"

NUMBERS = [finding.id for finding in FINDINGS]


def test_every_finding_has_its_trace_and_every_trace_its_finding() -> None:
    assert sorted(path.stem for path in TRACES.glob("*.jsonl")) == sorted(NUMBERS)


@pytest.mark.parametrize("finding", FINDINGS, ids=NUMBERS)
def test_the_documentation_tells_of_a_finding(finding: Finding) -> None:
    told = DOCUMENT.read_text(encoding="utf-8")
    [row] = [line for line in told.splitlines() if line.startswith(f"| {finding.id}: ")]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[0].startswith(f"{finding.id}: {finding.title}")
    assert cells[1:] == ["found" if r in finding.releases else "" for r in RELEASES]
    trace = "\n".join(show(step) for step in finding.trace.steps)
    assert f"## {finding.id}: {finding.title}" in told
    assert f"```\n{trace}\n```" in told
    assert finding.where in told
    section = told.partition(f"## {finding.id}: ")[2].partition("\n## ")[0]
    assert all(f"`{check}" in section for check in finding.checks)


@pytest.mark.parametrize("finding", FINDINGS, ids=NUMBERS)
def test_the_trace_of_a_finding_passes_on_the_reference_engine(finding: Finding) -> None:
    assert compare(finding, find("reference")).verdict == Verdict.GONE


@pytest.mark.parametrize("finding", FINDINGS, ids=NUMBERS)
def test_a_run_that_leaves_alone_what_leads_to_a_finding_leaves_its_trace(finding: Finding) -> None:
    contender = replace(find("reference"), known=finding.avoided).beyond_known
    lockstep = contender.lockstep(Setting.of(finding.trace))
    assert not all(lockstep.do(step) for step in finding.trace.steps)


@pytest.mark.parametrize("release", RELEASES)
def test_a_release_has_the_findings_that_the_table_says(release: str) -> None:
    try:
        contender = find(f"sglang=={release}")
    except NotInstalledError as missing:
        pytest.skip(str(missing))
    found = [f.id for f in FINDINGS if compare(f, contender).verdict == Verdict.FOUND]
    assert found == [f.id for f in FINDINGS if release in f.releases]
