"""Hosted engines with hashed blocks, where they are installed."""

from __future__ import annotations

import pytest

from stateful_tests.engines.blocks.releases import RELEASES, Release, installed


def release(name: str) -> Release:
    """Return a release; skip the test where it is not installed."""
    if name not in installed():
        pytest.skip(f"not installed: turnstile engines install {name}")
    return RELEASES[name]
