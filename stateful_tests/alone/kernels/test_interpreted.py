"""Triton's kernels agree with plain torch, run by Triton's interpreter."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="Triton is not installed")
@pytest.mark.parametrize("kernel", ["rows", "locations", "stores", "attention"])
def test_a_kernel_agrees_with_plain_torch_under_the_interpreter(kernel: str) -> None:
    tests = f"{HERE.relative_to(Path.cwd())}/interpreted.py::test_{kernel}"
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", tests],
        env={**os.environ, "TRITON_INTERPRET": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, f"TRITON_INTERPRET=1 python -m pytest {tests}\n{run.stdout}"
