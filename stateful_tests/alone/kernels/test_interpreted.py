"""Triton's kernels agree with plain torch, run by Triton's interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

INTERPRETED = Path(__file__).with_name("interpreted.py")


def test_the_kernels_agree_with_plain_torch_under_the_interpreter() -> None:
    if triton_version() < (3, 7):
        pytest.skip("Triton is not installed, or its interpreter is too old for numpy 2.4 (3.6)")
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


def triton_version() -> tuple[int, ...]:
    """Return the version of Triton that is installed; none is older than any."""
    try:
        return tuple(int(part) for part in version("triton").split(".")[:2])
    except PackageNotFoundError:
        return ()
