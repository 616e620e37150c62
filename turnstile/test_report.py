"""The report: valid whatever happened, every figure in it, readable by programs and people."""

from __future__ import annotations

import json
from html import unescape
from pathlib import Path

import pytest

from proofs.parallel import prove_all
from proofs.prover import obligations
from proofs.prover import prove as prove_some
from spec.machine.rules import Rules
from stateful_tests.workload.plan import Plan
from stateful_tests.workload.sessions import load_sessions
from turnstile import prove
from turnstile.about import describe_run
from turnstile.conftest import A_LOST_ROW, TINY, write_requests
from turnstile.console import make_console
from turnstile.files import write
from turnstile.html import page
from turnstile.parts import LockstepRuns, Obligation, Proofs
from turnstile.report import Report, Verdict, exit_code
from turnstile.verify import Job, Verification

SOME = ["init", "open"]
"""Actions of which a test proves everything: all of them would take ten seconds and more."""


@pytest.fixture(scope="module")
def verified(tiny_text: Rules, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a whole verification of a tiny world, in which all is good."""
    folder = tmp_path_factory.mktemp("report")
    file = write_requests(folder / "requests.jsonl", 9)
    plans = [Plan.of(load_sessions(file), page_size, seed=7) for page_size in (1, 4)]
    job = Job(tiny_text, [TINY], [TINY], 0.5, file, plans, folder)
    some = [pair for pair in obligations(tiny_text) if pair[0] in SOME]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prove, "obligations", lambda _: some)
        patch.setattr(prove, "prove_all", lambda text, num: prove_all(text, num, SOME))
        assert Verification(Report(describe_run(7, "cpu")), job).run(make_console()) == 0
    return folder


def test_report_json_holds_every_part_with_its_figures(verified: Path) -> None:
    data = json.loads((verified / "report.json").read_text())
    assert data["turnstile_report"] == 1
    assert data["verdict"] == "ok"
    assert data["seed"] == 7
    assert {"python", "torch", "z3-solver", "hypothesis"} <= data["versions"].keys()
    kinds = [part["kind"] for part in data["parts"]]
    searched = ["ExploredWorld", "Cases", "ComesToRest"]
    assert kinds == ["Proofs", *searched, "LockstepRuns", "Workload", "Workload"]
    proofs, world, cases, at_rest, lockstep, *workloads = data["parts"]
    assert all(part["verdict"] == "ok" and part["figures"] for part in data["parts"])
    assert {result["verdict"] for result in proofs["results"]} == {"proved"}
    assert world["complete"]
    assert world["states"] > 10
    assert world["violation"] == ""
    assert at_rest["states"] == world["states"]
    assert 0 < at_rest["most_moves"] < world["depth"]
    assert at_rest["wedged"] == []
    assert [len(case["trace"]) > 0 for case in cases["cases"]] == [True]
    assert lockstep["runs"] >= 1
    assert sum(lockstep["actions"].values()) > 10
    assert [each["page_size"] for each in workloads] == [1, 4]
    assert all(each["complete"] and each["submitted"] == 9 for each in workloads)


def test_report_html_shows_the_figures_and_the_words(verified: Path, tiny_text: Rules) -> None:
    html = unescape((verified / "report.html").read_text())
    data = json.loads((verified / "report.json").read_text())
    assert all(part["figures"] in html for part in data["parts"])
    for rule in (*tiny_text.invariants.values(), *tiny_text.changes.values()):
        assert rule.name in html
    assert "No row serves two sessions." in html
    assert data["commit"] in html
    assert "http" not in html.replace("http-equiv", ""), "the page loads nothing"


def test_a_failed_part_fails_the_whole_and_is_shown(tiny_text: Rules) -> None:
    proofs = Proofs(
        results=[Obligation("resume", "a_listed_page_is_held", "refuted", 0.1, 2, "before <x>")],
        verdict=Verdict.FAILED,
    )
    lockstep = LockstepRuns(
        engine="reference", device="cpu", seed=0, verdict=Verdict.FAILED,
        difference="no_page_is_lost: page 3 is neither free nor in any row",
    )  # fmt: skip
    report = Report(describe_run(0, "cpu"), [proofs, lockstep])
    assert report.verdict == Verdict.FAILED
    assert exit_code(report.parts) == 1
    html = page(report, tiny_text)
    assert "before &lt;x&gt;" in html
    assert "page 3 is neither free nor in any row" in html


def test_a_failed_verification_says_how_to_see_each_failure(
    leaky_text: Rules,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refuted = ("abort_first", A_LOST_ROW)
    monkeypatch.setattr(prove, "obligations", lambda _: [refuted])
    monkeypatch.setattr(prove, "prove_all", lambda text, _: prove_some(text, *refuted))
    report = Report(describe_run(0, "cpu"))
    job = Job(leaky_text, [TINY], [TINY], 0.2, Path("none"), [], tmp_path)
    assert Verification(report, job).run(make_console()) == 1
    out = capsys.readouterr().out
    assert f"turnstile prove --action abort_first --invariant {A_LOST_ROW}" in out
    assert f"turnstile replay {tmp_path / 'traces' / 'explore-tiny.jsonl'}" in out
    assert f"turnstile replay {tmp_path / 'traces' / 'progress-tiny.jsonl'}" in out
    assert "(every invariant holds)" in (tmp_path / "report.html").read_text()


def test_a_part_left_without_a_judgement_is_interrupted() -> None:
    part = Proofs(results=[])
    with pytest.raises(KeyboardInterrupt), part.running():
        raise KeyboardInterrupt
    assert part.verdict == Verdict.INTERRUPTED
    assert exit_code([part]) == 130


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    write(tmp_path / "a", "old")
    with pytest.raises(UnicodeEncodeError):
        write(tmp_path / "a", "new \udc00")
    assert (tmp_path / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
