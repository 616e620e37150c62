"""The kept set is what exploring gives, and fuzz and explore report against it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from spec.machine.rules import rules
from stateful_tests.coverage.reachable import load
from stateful_tests.coverage.worlds import COVERAGE_WORLDS
from turnstile import explore, reachable
from turnstile.conftest import TINY, Called
from turnstile.covered import Covered

Cli = Callable[..., Called]


@pytest.mark.parametrize("name", ["one-tree", "overlap", "chunks-and-recurrent"])
def test_the_kept_set_is_what_these_worlds_reach(name: str) -> None:
    kept = {each for each, worlds in load().items() if name in worlds}
    assert reachable.reached(rules(), COVERAGE_WORLDS[name]) == kept, "run `turnstile reachable`"


def test_reachable_writes_what_worlds_reach(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reachable, "COVERAGE_WORLDS", {TINY.name: TINY})
    called = cli("reachable", "kept.json")
    kept = load(tmp_path / "kept.json")
    assert called.code == 0
    assert f"{len(kept):6,}  tiny, {len(kept):,} of them no other world" in called.out
    assert all(worlds == {"tiny"} for worlds in kept.values())


def test_explore_counts_abstract_transitions(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explore, "WORLDS_BY_NAME", {TINY.name: TINY})
    num = len(reachable.reached(rules(), TINY))
    for plain in ([], ["--plain"]):
        called = cli("explore", "--world", "tiny", *plain)
        assert called.code == 0
        assert f"{num:,} abstract transitions, all of it" in called.out


def test_fuzz_tells_what_it_covered_and_some_of_what_it_missed(cli: Cli) -> None:
    called = cli("fuzz", "--seconds", "0.3")
    assert called.code == 0
    assert f"of {len(load()):,} reachable abstract transitions" in called.out
    assert "beyond the small worlds: " in called.out
    assert all(word in called.out for word in ("covered", "reachable", "not covered, among others"))


def test_a_few_missed_transitions_are_of_different_actions() -> None:
    missed = [f"{action} {i}" for action in ("abort", "close", "open") for i in range(100)]
    covered = Covered({"open": 1}, {"open": 101, "abort": 100, "close": 100}, missed, [])
    assert covered.some_missed == ["abort 0", "abort 60", "close 20", "close 80", "open 40"]
    assert covered.figures.startswith("covered 1 of 301 reachable abstract transitions (0%)")
    assert Covered({}, {}, [], []).some_missed == []
