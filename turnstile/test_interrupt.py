"""Ctrl-C: a command stops at once, tells what was completed, and leaves nothing half-written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from turnstile.conftest import write_requests

PROGRAM = """
import signal
from turnstile.main import run
signal.signal(signal.SIGINT, signal.default_int_handler)  # also where the tests ignore it
run()
"""


def interrupted(arguments: list[str], sign: bytes, folder: Path) -> tuple[int, str, float]:
    """Press Ctrl-C when a terminal shows `sign`; return exit code, text, seconds to the end."""
    master, slave = os.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "150", "LINES": "60"}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=folder,
        env=environment,
    )
    os.close(slave)
    shown, pressed = b"", 0.0
    while piece := _read(master):
        shown += piece
        if not pressed and sign in shown:
            pressed = time.perf_counter()
            process.send_signal(signal.SIGINT)
    os.close(master)
    return process.wait(), shown.decode(), time.perf_counter() - pressed


def _read(master: int) -> bytes:
    """Return what the terminal shows next, or nothing: the command has ended."""
    try:
        return os.read(master, 65536)
    except OSError:
        return b""


def test_verify_leaves_a_valid_report_of_what_was_completed(tmp_path: Path) -> None:
    file = write_requests(tmp_path / "requests.jsonl", 3)
    arguments = ["verify", "--report", "out", "--workload", str(file)]
    code, shown, seconds = interrupted(arguments, b"running", tmp_path)
    assert code == 130
    assert seconds < 10
    assert "Traceback" not in shown
    assert "interrupted; what was completed" in shown
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    verdicts = [part["verdict"] for part in report["parts"]]
    assert report["verdict"] == "interrupted"
    assert verdicts[0] == "interrupted"
    assert set(verdicts[1:]) == {"not run"}
    assert "interrupted" in (tmp_path / "out" / "report.html").read_text()
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"report.html", "report.json"}


@pytest.mark.parametrize(
    ("arguments", "sign"),
    [
        ("prove", b"proved"),
        ("explore --world two-sessions", b"states, depth"),
        ("fuzz --seconds 1000", b" runs, "),
        ("bugs", b"caught by"),
        ("workload ../requests.jsonl", b"sessions' KV"),
    ],
)
def test_other_commands_tell_what_was_completed(
    tmp_path: Path, arguments: str, sign: bytes
) -> None:
    write_requests(tmp_path / "requests.jsonl", 3000)
    (folder := tmp_path / "empty").mkdir()
    code, shown, seconds = interrupted(arguments.split(), sign, folder)
    assert code == 130
    assert seconds < 10
    assert "Traceback" not in shown
    assert "interrupted" in shown
    assert not list(folder.iterdir())
