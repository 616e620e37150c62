"""The client on hosts that do not behave: small scripts in place of an interpreter."""

from __future__ import annotations

from pathlib import Path

import pytest

from stateful_tests.engines.hosting.client import Client, Crashed, Hung
from stateful_tests.engines.sglang.host.world import World

WORLD = World(page_size=1, num_pages=8, rows=2, context_len=8)


def script(directory: Path, body: str) -> Path:
    """Write a program that is started as if it were a release's interpreter."""
    path = directory / "python"
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_a_host_that_does_not_start_has_crashed(tmp_path: Path) -> None:
    client = Client(script(tmp_path, "echo no such library >&2; exit 3"), tmp_path, "a.host")
    with pytest.raises(Crashed, match=r"(?s)status 3.*no such library"):
        client.configure(WORLD)


def test_a_host_that_does_not_answer_is_hung(tmp_path: Path) -> None:
    client = Client(script(tmp_path, "echo '{}'; exec sleep 60"), tmp_path, "a.host", limit=0.2)
    with pytest.raises(Hung, match=r"no answer to configure within 0\.2 s"):
        client.configure(WORLD)


def test_a_host_that_died_is_started_again(tmp_path: Path) -> None:
    body = """echo '{}'; read line; echo '{"cache": "none"}'; read line; exit 1"""
    client = Client(script(tmp_path, body), tmp_path, "a.host", limit=5.0)
    for _ in range(2):
        client.configure(WORLD)
        with pytest.raises(Crashed, match="status 1"):
            client.ask("step")


def test_what_a_release_raises_is_told(tmp_path: Path) -> None:
    crash = """'{"crash": "ValueError: memory leak detected!"}'"""
    client = Client(
        script(tmp_path, f"echo '{{}}'; read line; echo {crash}; read line"), tmp_path, "a.host"
    )
    with pytest.raises(Crashed, match="memory leak detected"):
        client.configure(WORLD)
    client.stop()
