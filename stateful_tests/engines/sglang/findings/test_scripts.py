"""Each finding's script shows it where the table says, and not where it was mended.

Asked are the releases that have a finding and the next one that was hosted. Of the releases before
only those are asked that can express it: where nothing marks a turn in flight (0.5.10.post1) no
abort can leave the mark behind. Skipped for releases that are not installed.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from stateful_tests.engines.contender import NotInstalledError
from stateful_tests.engines.sglang.findings.finding import Finding
from stateful_tests.engines.sglang.findings.known import FINDINGS
from stateful_tests.engines.sglang.findings.run_script import SCRIPTS, run_scripts
from stateful_tests.engines.sglang.releases import RELEASES

DOCUMENT = Path(__file__).parents[4] / "docs" / "found.md"

NUMBERS = [finding.id for finding in FINDINGS]

BEFORE = {"R12": "0.5.18", "R13": "0.5.11"}
"""The release before the first that has a finding, where it can be asked for it."""

MOST_LINES = 60
"""Of a script, blank ones not counted: it is to be read by whoever gets the report."""


def asked(finding: Finding) -> tuple[str, ...]:
    """Return the releases in which a finding's script is run."""
    releases = tuple(RELEASES)
    after = releases[releases.index(finding.last) + 1 :][:1]
    before = (BEFORE[finding.id],) if finding.id in BEFORE else ()
    return (*before, *finding.releases, *after)


@pytest.mark.parametrize("release", RELEASES)
def test_the_scripts_show_the_findings_that_a_release_has(release: str) -> None:
    findings = [finding for finding in FINDINGS if release in asked(finding)]
    try:
        ran = run_scripts([finding.id for finding in findings], release)
    except NotInstalledError as missing:
        pytest.skip(str(missing))
    for finding in findings:
        status, said = ran[finding.id]
        *shown, last = said.splitlines()
        assert status == int(release in finding.releases), said
        assert (last == f"{finding.id}: not in this release") == (status == 0), said
        assert last.startswith(f"{finding.id}: "), said
        assert [line.split(":")[0] for line in shown[:2]] == ["expected", "seen"], said


def test_every_finding_has_its_script_and_every_script_its_finding() -> None:
    assert sorted(path.stem for path in SCRIPTS.glob("*.py")) == sorted(NUMBERS)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_script_stands_alone(number: str) -> None:
    text = (SCRIPTS / f"{number}.py").read_text(encoding="utf-8")
    imported = set[str]()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            imported.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(node.module or "")
    packages = {name.partition(".")[0] for name in imported}
    assert packages <= {"sglang", "torch"} | sys.stdlib_module_names
    assert "sglang" in packages
    assert sum(bool(line.strip()) for line in text.splitlines()) <= MOST_LINES


@pytest.mark.parametrize("finding", FINDINGS, ids=NUMBERS)
def test_a_script_and_the_documentation_tell_of_the_same_finding(finding: Finding) -> None:
    text = (SCRIPTS / f"{finding.id}.py").read_text(encoding="utf-8")
    releases = " to ".join(dict.fromkeys((finding.first, finding.last)))
    first, *_ = (ast.get_docstring(ast.parse(text)) or "").splitlines()
    assert first.lower() == f"{finding.title}: SGLang {releases}.".lower()
    below = SCRIPTS.relative_to(DOCUMENT.parent.parent)
    link = f"Script: [{finding.id}.py](../{below}/{finding.id}.py)"
    assert link in DOCUMENT.read_text(encoding="utf-8")
