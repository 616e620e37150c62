"""Options and settings of the lockstep tests.

With `--engine` only those tests run that judge any engine.
"""

from __future__ import annotations

import pytest
import torch

from stateful_tests.engines.contender import Contender, NotInstalledError, UnknownEngineError
from stateful_tests.engines.find import NAMES, REFERENCE, find


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add how long, and where, to search."""
    group = parser.getgroup("turnstile")
    group.addoption("--examples", type=int, default=60, help="runs that Hypothesis draws")
    group.addoption("--device", default="cpu", help="where the engine runs: cpu, cuda, cuda:1")
    group.addoption("--engine", help=f"judge this engine, and nothing else: {NAMES}")
    group.addoption(
        "--beyond-known", action="store_true", help="leave alone what leads to known findings"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse an engine that nobody knows, before anything is collected."""
    try:
        find(config.getoption("--engine") or REFERENCE.name)
    except NotInstalledError:
        pass  # the tests are skipped, with the reason
    except UnknownEngineError as unknown:
        raise pytest.UsageError(f"--engine: {unknown}") from None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what says nothing of the engine that was asked for."""
    if config.getoption("--engine") is None:
        return
    judging = [item for item in items if "contender" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=[item for item in items if item not in judging])
    items[:] = judging


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Tensors are tiny here; threads would only wait for each other."""
    torch.set_num_threads(1)


@pytest.fixture
def device(request: pytest.FixtureRequest) -> str:
    """Return the device that the command line names."""
    return str(request.config.getoption("--device"))


@pytest.fixture(scope="session")
def contender(request: pytest.FixtureRequest) -> Contender:
    """Return the engine that the command line names, or the project's own."""
    try:
        found = find(request.config.getoption("--engine") or REFERENCE.name)
    except NotInstalledError as missing:
        pytest.skip(str(missing))
    return found.beyond_known if request.config.getoption("--beyond-known") else found
