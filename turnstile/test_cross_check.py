"""What `cross-check` and `export` print, save and refuse."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from spec.machine.rules import Rules, rules
from turnstile.conftest import A_LOST_ROW, Called
from turnstile.console import make_console
from turnstile.cross_check import cross_check_and_tell
from turnstile.export import export_and_tell

Cli = Callable[..., Called]

UNTOUCHED, ASKED = ("open", "a_listed_page_is_held"), ("open", "locks_balance")


def test_cross_check_prints_a_line_per_obligation_and_the_sums(cli: Cli) -> None:
    called = cli("cross-check", "--action", "open", "--invariant", "locks_balance")
    first, *_, last = called.out.splitlines()
    assert called.code == 0
    assert first.startswith("proved by both  open           locks_balance     2 asked, z3 ")
    assert last == "ok: 1 of 1 obligations, cvc5 says 2 unsat"


def test_cross_check_takes_one_obligation_in_so_many(cli: Cli) -> None:
    called = cli("cross-check", "--action", "init", "--one-in", "5")
    assert called.out.count("proved by both  init") == 6
    none = cli("cross-check", "--action", "init", "--one-in", "1000")
    assert none.code == 2
    assert "--one-in 1000 leaves no obligation" in none.err


@pytest.mark.parametrize(("answer", "verdict"), [("sat", "DISAGREE"), ("unknown", "unknown")])
def test_what_cvc5_does_not_confirm_is_a_failure_and_saved(
    answer: str, verdict: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    console = make_console()
    assert cross_check_and_tell(console, rules(), [ASKED], lambda _: answer, tmp_path) == 1
    out = capsys.readouterr().out
    saved = tmp_path / "smtlib" / "open" / "locks_balance-2.smt2"
    assert out.startswith(f"{verdict:14}  open")
    assert f"cvc5 says {answer}: {saved}" in out
    assert f"failed: 1 of 1 obligations, cvc5 says 2 {answer}" in out
    assert "(check-sat)" in saved.read_text()


def test_an_obligation_without_a_query_is_counted_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    console = make_console()
    assert cross_check_and_tell(console, rules(), [UNTOUCHED], lambda _: "unsat", tmp_path) == 0
    assert capsys.readouterr().out.startswith("no query        open")


def test_without_cvc5_it_says_what_to_install(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cvc5", None)
    called = cli("cross-check", "--action", "open")
    assert called.code == 2
    assert "pip install 'cvc5>=1.3'" in called.err


def test_what_is_asked_for_must_be_there(cli: Cli) -> None:
    called = cli("export", "files", "--action", "init", "--invariant", "locks_balanced")
    assert called.code == 2
    assert "no property of init 'locks_balanced'; did you mean locks_balance" in called.err
    assert "no action 'opens'" in cli("export", "files", "--action", "opens").err


def test_export_writes_a_file_per_query(cli: Cli) -> None:
    called = cli("export", "files", "--action", "open", "--invariant", "locks_balance")
    assert called.code == 0
    assert called.out.splitlines()[-1] == "2 files in files"
    for number in (1, 2):
        text = Path("files", "open", f"locks_balance-{number}.smt2").read_text()
        assert text.startswith("(set-info :smt-lib-version 2.6)\n; open: locks_balance, query ")
        assert text.rstrip().endswith("(check-sat)")


def test_export_wants_a_new_folder(cli: Cli) -> None:
    Path("files").mkdir()
    Path("files", "old.smt2").write_text("")
    called = cli("export", "files", "--action", "open")
    assert called.code == 2
    assert "files is not empty" in called.err


def test_export_fails_where_an_obligation_is_not_proved(
    leaky_text: Rules, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [("abort_first", A_LOST_ROW)]
    assert export_and_tell(make_console(), leaky_text, asked, tmp_path) == 1
    out = capsys.readouterr().out
    assert out.startswith("refuted  abort_first")
    assert "0 files in" in out
