"""Triton's kernels agree with plain torch, run by Triton's interpreter."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

INTERPRETED = Path(__file__).with_name("interpreted.py")


@pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="Triton is not installed")
def test_the_kernels_agree_with_plain_torch_under_the_interpreter() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(INTERPRETED)]
    run = subprocess.run(
        command,
        env={**os.environ, "TRITON_INTERPRET": "1"},
        cwd=INTERPRETED.parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, f"TRITON_INTERPRET=1 {' '.join(command)}\n{run.stdout}{run.stderr}"
