"""The concrete interpreter's page arithmetic, executed on symbolic integers by CrossHair.

`length_lemmas` proves the symbolic side; here the very code that runs is checked, and a wrong
rounding is refuted, for every length and page size.
"""

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from spec.machine.concrete import ConcreteState, Size


def _pages(n: int, page_size: int) -> int:
    state: Any = SimpleNamespace(size=SimpleNamespace(page_size=page_size))
    return ConcreteState.pages(state, n)


def pages_are_enough_and_none_is_empty(n: int, page_size: int) -> int:
    """
    pre: n >= 0 and page_size >= 1
    post: (_ - 1) * page_size < n <= _ * page_size
    """
    return _pages(n, page_size)


def more_tokens_take_no_fewer_pages(n: int, page_size: int) -> tuple[int, int]:
    """
    pre: n >= 0 and page_size >= 1
    post: _[0] <= _[1] <= _[0] + 1
    """
    return _pages(n, page_size), _pages(n + 1, page_size)


def a_row_lists_the_pages_of_its_context(context_len: int, page_size: int) -> int:
    """
    pre: context_len >= 1 and page_size >= 1
    post: _ == _pages(context_len, page_size)
    """
    return Size(1, 1, 1, 1, page_size, context_len).indices


def wrong_floor_is_enough(n: int, page_size: int) -> int:
    """
    pre: n >= 0 and page_size >= 1
    post: n <= _ * page_size
    """
    return n // page_size


@pytest.mark.parametrize(
    ("function", "verdict"),
    [
        (pages_are_enough_and_none_is_empty, "Confirmed over all paths"),
        (more_tokens_take_no_fewer_pages, "Confirmed over all paths"),
        (a_row_lists_the_pages_of_its_context, "Confirmed over all paths"),
        (wrong_floor_is_enough, "false when calling"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_crosshair_agrees(function: Any, verdict: str) -> None:
    command = [sys.executable, "-m", "crosshair", "check", f"{__name__}.{function.__name__}"]
    options = ["--report_all", "--analysis_kind=PEP316", "--per_condition_timeout=20"]
    run = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    assert verdict in run.stdout, run.stdout + run.stderr
