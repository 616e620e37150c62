"""Spec and engine in lockstep, the engine on CUDA: KV contents and tokens are compared too."""

from __future__ import annotations

import pytest

from spec.machine.trace import load
from stateful_tests.bugs import BUGS, TRACES, Bug
from stateful_tests.fuzz import Fuzz
from stateful_tests.run import replay
from stateful_tests.setting import Setting

DEVICE = "cuda"


@pytest.mark.parametrize("seed", range(4))
def test_engine_and_spec_agree_on_cuda(seed: int) -> None:
    fuzz = Fuzz(seed=seed, device=DEVICE)
    for _ in range(10):
        failure = fuzz.one()
        assert failure is None, str(failure)


@pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS)
def test_a_planted_bug_is_caught_on_cuda_by_its_pinned_trace(bug: Bug) -> None:
    trace = load(TRACES / f"{bug.id}.jsonl")
    difference = replay(Setting.of(trace, DEVICE), trace.steps, bug.lockstep)
    assert difference is not None
    assert difference.check in bug.checks
    assert replay(Setting.of(trace, DEVICE), trace.steps) is None
