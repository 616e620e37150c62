"""What is needed to repeat a run: commit, command, seed, versions."""

from __future__ import annotations

import platform
import shlex
import sys
from datetime import UTC, datetime
from importlib.metadata import version

import torch

from stateful_tests.report import commit
from turnstile.report import About

PACKAGES = ("torch", "z3-solver", "hypothesis")


def describe_run(seed: int, device: str) -> About:
    """Return what tells this run from others."""
    versions = {"python": platform.python_version()}
    versions |= {name: version(name) for name in PACKAGES}
    if device.startswith("cuda"):
        versions["gpu"] = torch.cuda.get_device_name(device)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    command = shlex.join(["turnstile", *sys.argv[1:]])
    return About(command, started, commit(), seed, device, versions)
