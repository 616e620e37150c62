"""Every command tells what it does and what it takes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from turnstile.conftest import Called

Cli = Callable[..., Called]

OPTIONS = {
    "verify": ["--seed", "--seconds", "--device", "--report", "--workload"],
    "prove": ["--action", "--invariant", "--bug", "--trace"],
    "cross-check": ["--action", "--invariant", "--one-in", "--seconds", "--report"],
    "export": ["FOLDER", "--action", "--invariant"],
    "explore": ["--world", "--max-states", "--plain", "--device", "--report"],
    "reachable": ["FILE", "--device"],
    "progress": ["--world", "--report"],
    "fuzz": ["--seed", "--seconds", "--device", "--engine", "--beyond-known"],
    "replay": ["TRACE", "--device"],
    "workload": ["--sessions", "--page-size", "--scale", "--abort-rate", "--seed", "--device"],
    "bugs": ["--id", "--seed", "--seconds"],
    "mutants": ["--only", "--list", "--json", "--processes", "--seconds-per-mutant"],
    "document": ["FILE"],
    "compare": ["ENGINES", "--finding"],
    "engines": ["install"],
    "engines install": ["sglang==", "--index"],
}


def test_help_names_every_command(cli: Cli) -> None:
    called = cli("--help")
    assert called.code == 0
    assert all(command.split()[0] in called.out for command in OPTIONS)


@pytest.mark.parametrize("command", OPTIONS)
def test_help_of_a_command_names_its_options(cli: Cli, command: str) -> None:
    called = cli(*command.split(), "--help")
    assert called.code == 0
    assert all(option.lower() in called.out.lower() for option in OPTIONS[command])


def test_without_a_command_the_help_is_shown(cli: Cli) -> None:
    assert "Commands" in cli().out
