"""What each command prints when all is well, and what it prints and saves when it is not."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from spec.machine.rules import Rules, rules
from spec.machine.trace import STEP, Trace, load
from spec.machine.worlds import WORLDS
from stateful_tests.bugs import BUGS, TRACES
from stateful_tests.fuzz import Fuzz
from stateful_tests.setting import Setting
from stateful_tests.workload.plan import Plan
from stateful_tests.workload.replay import Replay
from stateful_tests.workload.sessions import load_sessions
from turnstile.bugs import hunt_and_tell
from turnstile.conftest import A_LOST_ROW, TINY, Called, write_requests
from turnstile.console import make_console
from turnstile.explore import explore_and_tell
from turnstile.fuzz import fuzz_and_tell
from turnstile.parts import LockstepRuns
from turnstile.progress import progress_and_tell
from turnstile.prove import prove_and_tell
from turnstile.replay import LEFT_OUT, Told, replay_and_tell
from turnstile.workload import new_part
from turnstile.workload import replay_and_tell as replay_workload_and_tell

Cli = Callable[..., Called]


# -- prove


def test_prove_prints_a_line_per_obligation_and_the_sums(cli: Cli) -> None:
    called = cli("prove", "--action", "resume", "--invariant", "a_listed_page_is_held")
    first, *_, last = called.out.splitlines()
    assert called.code == 0
    assert first.split()[:3] == ["proved", "resume", "a_listed_page_is_held"]
    assert last.startswith("ok: 1 of 1 obligations proved")


def test_prove_shows_the_counterexample_to_a_refuted_obligation(
    leaky_text: Rules, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prove_and_tell(make_console(), leaky_text, "abort_first", A_LOST_ROW) == 1
    out = capsys.readouterr().out
    assert out.startswith("refuted  abort_first")
    assert all(word in out for word in ("before", "action    abort_first(", "after", "violated"))
    assert "failed: 0 of 1 obligations proved" in out


# -- explore


def test_explore_prints_its_figures(cli: Cli) -> None:
    called = cli("explore", "--world", "one-session", "--max-states", "300")
    assert called.code == 0
    assert "world one-session  ok" in called.out
    assert "not all of it" in called.out
    assert "states a second" in called.out
    assert "a_second_turn_is_refused_while_one_runs" in called.out
    assert "not reached" in called.out


def test_explore_prints_and_saves_the_trace_to_a_violation(
    leaky_text: Rules, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explore_and_tell(make_console(), leaky_text, [TINY], None, tmp_path) == 1
    out = capsys.readouterr().out
    trace = load(tmp_path / "traces" / "explore-tiny.jsonl")
    assert trace.steps[-1][0] == "abort_first"
    assert "is violated by 5 actions" in out
    assert all(line in out for line in trace.code().splitlines())
    assert f"turnstile replay {tmp_path}/traces/explore-tiny.jsonl" in out


# -- progress


def test_progress_says_within_how_many_moves_and_that_it_is_bounded(cli: Cli) -> None:
    called = cli("progress", "--world", "one-tree")
    assert called.code == 0
    assert "from each of 2,487 states at most 7 moves to rest (bounded: this world)" in called.out


def test_progress_shows_and_saves_the_way_into_a_wedge(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert progress_and_tell(make_console(), rules(), [WORLDS["one-row"]], tmp_path) == 1
    out = capsys.readouterr().out
    assert "nothing leads to rest after these 4 actions" in out
    trace = load(tmp_path / "traces" / "progress-one-row.jsonl")
    assert [name for name, _ in trace.steps] == ["open", "open", "submit", "submit"]


# -- fuzz and bugs


def test_fuzz_prints_what_it_did(cli: Cli) -> None:
    called = cli("fuzz", "--seconds", "0.5", "--seed", "3")
    assert called.code == 0
    assert "moves made" in called.out
    assert called.out.splitlines()[-1].startswith("ok: ")
    assert "a second" in called.out


def test_fuzz_prints_and_saves_a_difference_cut_down(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    part = LockstepRuns(engine="reference", device="cpu", seed=0)
    runs = Fuzz(0, "cpu", BUGS["B6"].lockstep)
    assert fuzz_and_tell(make_console(), part, runs, 60, tmp_path) == 1
    out = capsys.readouterr().out
    saved = tmp_path / "traces" / "lockstep-seed-0.jsonl"
    assert "answers_are_equal" in out
    assert "spec:   in_flight" in out
    assert f"turnstile replay {saved}" in out
    assert "turnstile fuzz --engine reference --seed 0" in out
    assert all(line in out for line in load(saved).code().splitlines())


def test_fuzz_and_replay_judge_the_engine_that_they_are_given(cli: Cli, tmp_path: Path) -> None:
    engine = "stateful_tests.engines.toy.bugs:frees_under_a_turn"
    called = cli("fuzz", "--engine", engine, "--seconds", "60", "--report", str(tmp_path))
    assert called.code == 1
    saved = f"{tmp_path}/traces/lockstep-seed-0.jsonl"
    assert f"turnstile replay {saved} --engine {engine}" in called.out
    assert f"turnstile fuzz --engine {engine} --seed 0" in called.out
    assert cli("replay", saved, "--engine", engine).code == 1
    assert cli("replay", saved).code == 0


def test_bugs_prints_what_caught_each(cli: Cli) -> None:
    called = cli("bugs", "--id", "B6")
    assert called.code == 0
    assert "answers_are_equal" in called.out
    assert "1 of 1 planted bugs caught by name" in called.out


def test_a_bug_that_is_not_caught_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert hunt_and_tell(make_console(), [BUGS["B20"]], seed=0, seconds=1e-9) == 1
    assert "nothing" in capsys.readouterr().out


# -- replay


def test_replay_tells_answers_and_moves(cli: Cli) -> None:
    called = cli("replay", str(TRACES / "B6.jsonl"))
    assert called.code == 0
    assert "in_flight" in called.out
    assert "spec and engine agree" in called.out


def test_replay_reports_what_the_spec_forbids_as_left_out(cli: Cli, tmp_path: Path) -> None:
    steps = (("open", (0, 0)), ("decode", (0,)), (STEP, ()))
    trace = Trace(TINY.size, steps)
    (tmp_path / "forbidden.jsonl").write_text(trace.dumps())
    called = cli("replay", "forbidden.jsonl")
    assert called.code == 0
    assert f"decode(turn=0)                {LEFT_OUT}" in called.out
    assert "nothing to do" in called.out
    assert "2 actions performed, 1 left out" in called.out


def test_replay_tells_of_a_fault_and_of_the_move_that_meets_it(cli: Cli) -> None:
    called = cli("replay", str(TRACES / "X3.jsonl"))
    assert called.code == 0
    assert re.search(r'fault\(turn=0, point="layer"\) +to be met', called.out)
    assert re.search(r"decode\(turn=0\) +fails: nothing has changed", called.out)


def test_replay_shows_where_spec_and_engine_part(capsys: pytest.CaptureFixture[str]) -> None:
    trace = load(TRACES / "B6.jsonl")
    lockstep = Told(Setting.of(trace), BUGS["B6"].engine)
    assert replay_and_tell(make_console(), trace, lockstep) == 1
    out = capsys.readouterr().out
    assert "differs" in out
    assert "answers_are_equal" in out


# -- workload


def test_workload_prints_what_it_replayed(cli: Cli, tmp_path: Path) -> None:
    write_requests(tmp_path / "requests.jsonl", 12)
    called = cli("workload", "requests.jsonl", "--page-size", "4", "--abort-rate", "0")
    assert called.code == 0
    assert "requests.jsonl: 4 sessions, 12 turns" in called.out
    assert "page_size 4" in called.out
    last = called.out.splitlines()[-1]
    assert last.startswith("ok: 4 sessions, 12 turns (12 finished)")
    assert "0 pages lost" in last


def test_workload_prints_and_saves_a_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_requests(tmp_path / "requests.jsonl", 12)
    plan = Plan.of(load_sessions(file), page_size=4)
    replay = Replay(plan, BUGS["B20"].engine)
    assert replay_workload_and_tell(make_console(), new_part(file, plan), replay, tmp_path) == 1
    out = capsys.readouterr().out
    saved = tmp_path / "traces" / "workload-page-size-4.jsonl"
    assert "an_attached_turn_is_in_flight_or_the_last" in out
    assert f"turnstile replay {saved}" in out
    assert load(saved).steps
