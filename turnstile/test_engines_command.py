"""`turnstile engines`: it says what is there and how to get the rest, and gets what it can."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stateful_tests.engines.hosted import HOSTED
from stateful_tests.engines.hosting.install import InstallError, Place
from turnstile import engines_command
from turnstile.conftest import Called

Cli = Callable[..., Called]


def test_engines_lists_every_release_and_how_to_install_it(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines_command, "installed", lambda: ["sglang==0.5.23"])
    called = cli("engines")
    assert called.code == 0
    rows = dict(zip(HOSTED, called.out.splitlines()[1:], strict=True))
    assert rows.pop("sglang==0.5.23").split()[-1] == "yes"
    for name, row in rows.items():
        assert ", ".join(HOSTED[name].loops) in row
        assert ", ".join(HOSTED[name].caches) in row
        assert row.rstrip().endswith(f"turnstile engines install {name}")


def test_a_release_that_cannot_be_had_does_not_stop_the_others(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def install(at: Place, *, index: str | None) -> None:
        asked.append((at.requirement, index))
        if at.requirement == "sglang==0.5.12":
            raise InstallError("no package index has it.")

    monkeypatch.setattr(engines_command, "install", install)
    names = ["sglang==0.5.11", "sglang==0.5.12", "vllm==0.33.0"]
    called = cli("engines", "install", *names, "--index", "https://cpu.example")
    assert called.code == 1
    assert [line.split()[:2] for line in called.out.splitlines()] == [
        ["installed", "sglang==0.5.11"],
        ["failed", "sglang==0.5.12:"],
        ["installed", "vllm==0.33.0"],
    ]
    assert "no package index has it." in called.out
    assert asked == [(name, "https://cpu.example") for name in names]


def test_an_interrupted_install_ends_there(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def install(_at: Place, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(engines_command, "install", install)
    called = cli("engines", "install", "sglang==0.5.11", "sglang==0.5.12")
    assert (called.code, called.out) == (130, "interrupted: nothing of sglang==0.5.11 is left\n")
