"""`turnstile compare` on the reference engine, which has none of the findings, and on a bad one."""

from __future__ import annotations

import pytest

from stateful_tests.bugs import BUGS
from stateful_tests.engines.contender import Contender
from turnstile.compare import FINDINGS, compare_and_tell
from turnstile.console import make_console
from turnstile.test_help import Cli


def test_the_reference_engine_has_none_of_the_findings(cli: Cli) -> None:
    called = cli("compare", "reference")
    assert called.code == 0
    assert all(f"{finding.id}: {finding.title}" in called.out for finding in FINDINGS)
    [row] = [line for line in called.out.splitlines() if line.startswith("reference")]
    assert row.split()[1:] == ["-"] * len(FINDINGS)


def test_an_engine_with_a_bug_has_the_finding_that_is_this_bug(
    capsys: pytest.CaptureFixture[str],
) -> None:
    finding = next(finding for finding in FINDINGS if finding.bug == "B6")
    assert compare_and_tell(make_console(), [finding], [Contender("bad", BUGS["B6"].engine)]) == 1
    assert "found" in capsys.readouterr().out


def test_a_finding_that_is_not_known_is_an_error(cli: Cli) -> None:
    called = cli("compare", "reference", "--finding", "R99")
    assert called.code == 2
    assert "R99" in called.err
