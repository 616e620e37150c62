"""`pytest stateful_tests --engine NAME`: that engine is judged, and nothing else is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import stateful_tests

FOLDER = Path(stateful_tests.__file__).parent
TOY = "stateful_tests.engines.toy"


@pytest.mark.parametrize(
    ("engine", "code", "words"),
    [
        (f"{TOY}.adapter:Toy", 0, ["1 passed, 1 deselected"]),
        (
            f"{TOY}.bugs:frees_under_a_turn",
            1,
            ["no_page_is_free_and_held", f"--engine {TOY}.bugs:frees_under_a_turn", "1 failed"],
        ),
        ("sglang==0.5.11", 0, ["turnstile engines install sglang==0.5.11", "1 skipped"]),
        ("tgi", 4, ["ERROR: --engine: there is no engine 'tgi'; give reference, "]),
    ],
)
def test_the_engine_that_is_named_is_judged(
    engine: str, code: int, words: list[str], tmp_path: Path
) -> None:
    options = ["--engine", engine, "--examples", "60", "-q", "-n", "0", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", FOLDER / "test_lockstep.py", *options],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path)},  # where nothing is installed
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    for each in words:
        assert each in done.stdout + done.stderr
