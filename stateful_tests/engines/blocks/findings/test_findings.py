"""Every finding is found where it is said to be, by its name and by no less than its whole trace.

Skipped for releases that are not installed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from spec.machine.trace import show
from stateful_tests.difference import Difference
from stateful_tests.engines.blocks.conftest import release
from stateful_tests.engines.blocks.contender import contender
from stateful_tests.engines.blocks.findings.known import FINDINGS, FORK, ORIGINAL, TRACES, Finding
from stateful_tests.engines.contender import Contender
from stateful_tests.engines.find import find
from stateful_tests.run import replay
from stateful_tests.setting import Setting

DOCUMENT = Path(__file__).parents[4] / "docs" / "found.md"

NUMBERS = [finding.id for finding in FINDINGS]

each_finding = pytest.mark.parametrize("finding", FINDINGS, ids=NUMBERS)
each_build = pytest.mark.parametrize("name", [ORIGINAL, FORK])


def replayed(finding: Finding, by: Contender) -> Difference | None:
    """Return what is found."""
    return replay(Setting.of(finding.trace), finding.trace.steps, by.lockstep)


def test_every_finding_has_its_trace_and_every_trace_its_finding() -> None:
    assert sorted(path.stem for path in TRACES.glob("*.jsonl")) == sorted(NUMBERS)


@each_finding
def test_the_documentation_tells_of_a_finding(finding: Finding) -> None:
    told = DOCUMENT.read_text(encoding="utf-8")
    trace = "\n".join(show(step) for step in finding.trace.steps)
    assert f"## {finding.id}: {finding.title}" in told
    assert f"```\n{trace}\n```" in told
    for words in (finding.symptom, finding.where, *finding.releases):
        assert words in " ".join(told.split())


@each_finding
def test_the_trace_of_a_finding_passes_on_the_reference_engine(finding: Finding) -> None:
    assert replayed(finding, find("reference")) is None


@each_build
@each_finding
def test_a_build_has_the_findings_that_it_is_said_to_have(finding: Finding, name: str) -> None:
    found = replayed(finding, contender(release(name)))
    if name not in finding.releases:
        assert found is None
    else:
        assert found is not None
        assert finding.explains(found)
        assert len(found.steps) == len(finding.trace.steps)


@each_build
@each_finding
def test_a_finding_is_gone_where_its_cause_is_mended(finding: Finding, name: str) -> None:
    if finding.mended and name in finding.releases:
        assert replayed(finding, contender(release(name), (finding.mended,))) is None
