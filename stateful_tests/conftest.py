"""Options and settings of the lockstep tests."""

from __future__ import annotations

import pytest
import torch


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add how long, and where, to search."""
    group = parser.getgroup("turnstile")
    group.addoption("--examples", type=int, default=60, help="runs that Hypothesis draws")
    group.addoption("--device", default="cpu", help="where the engine runs: cpu, cuda, cuda:1")


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Tensors are tiny here; threads would only wait for each other."""
    torch.set_num_threads(1)


@pytest.fixture
def device(request: pytest.FixtureRequest) -> str:
    """Return the device that the command line names."""
    return str(request.config.getoption("--device"))
