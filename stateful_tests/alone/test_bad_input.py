"""Bad input in any state: a ValueError or a refusal, and nothing at all has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import methodcaller
from random import Random
from typing import Any

import numpy as np
import pytest
import torch

from impl.config import EngineConfig
from impl.engine import Engine
from impl.model.sampling import Sampling
from impl.refused import Reason, Refused
from stateful_tests.alone.client import expected_output
from stateful_tests.alone.test_policy import serve
from stateful_tests.alone.test_refusals import state
from stateful_tests.engines.reference.engine import ReferenceEngine
from stateful_tests.engines.reference.observe import observe
from stateful_tests.fuzz import Drawn, draw_setting
from stateful_tests.lockstep import Lockstep

SESSION, TURN = 90, 91
"""Ids that no drawn run uses."""

NO_TOKEN: tuple[Any, ...] = (64, -1, 2**70, 1.0, True, None, "1", [1], float("nan"), np.float32(1))
NO_COUNT: tuple[Any, ...] = (-1, 1.0, True, None, "1", [1], float("inf"), np.bool_(True))
NO_TOKENS: tuple[Any, ...] = (None, 3, "ab", [[1]])

Ask = Callable[[Engine], Any]


def meaningless(session: int) -> Iterator[Ask]:
    """Generate requests with numbers that mean nothing."""
    for tokens in (*NO_TOKENS, *([1, token] for token in NO_TOKEN)):
        yield methodcaller("submit", session, TURN, tokens, 1)
        yield methodcaller("generate", SESSION, TURN, tokens, 1)
    for count in NO_COUNT:
        yield methodcaller("submit", session, TURN, [1], count)
        yield methodcaller("generate", SESSION, TURN, [1], count)
        yield methodcaller("generate", SESSION, TURN, [1], 1, namespace=count)
        yield methodcaller("open", SESSION, count)
    for stop in (64, -1, 1.0, None):
        sampling = Sampling(stop=frozenset([stop]))  # type: ignore[list-item]
        yield methodcaller("submit", session, TURN, [1], 1, sampling=sampling)
        yield methodcaller("generate", SESSION, TURN, [1], 1, sampling=sampling)


def refused(engine: Engine) -> Iterator[tuple[Ask, Reason]]:
    """Generate requests that are refused in this state."""
    yield methodcaller("submit", SESSION, TURN, [1], 1), Reason.UNKNOWN_SESSION
    yield methodcaller("close", SESSION), Reason.UNKNOWN_SESSION
    yield methodcaller("abort", TURN), Reason.UNKNOWN_TURN
    yield methodcaller("generate", SESSION, TURN, [], 1), Reason.EMPTY_INPUT
    for t in engine.turns:
        yield methodcaller("generate", SESSION, t, [1], 1), Reason.DUPLICATE_TURN
        yield methodcaller("submit", SESSION, t, [1], 1), Reason.DUPLICATE_TURN
    for x, session in engine.sessions.items():
        yield methodcaller("open", x), Reason.ALREADY_OPEN
        yield methodcaller("generate", x, TURN, [1], 1), Reason.ALREADY_OPEN
        late = Reason.CLOSING if session.closing else None
        yield methodcaller("submit", x, TURN, [], 1), late or Reason.EMPTY_INPUT
        if late or session.in_flight:
            yield methodcaller("submit", x, TURN, [1], 1), late or Reason.IN_FLIGHT


def seen(engine: Engine) -> list[str]:
    """Return the whole state, as text."""
    return [*state(engine), repr(observe(engine))]


def fire(engine: Engine) -> set[Reason]:
    """Make every bad request; return the reasons that were met."""
    before, reasons = seen(engine), set[Reason]()
    for ask in meaningless(next(iter(engine.sessions), SESSION)):
        with pytest.raises(ValueError, match=r"; give | not in the vocabulary"):
            ask(engine)
    for ask, reason in refused(engine):
        with pytest.raises(Refused, match=f"^{reason}$"):
            ask(engine)
        reasons.add(reason)
    assert seen(engine) == before
    return reasons


def test_bad_input_changes_nothing_in_any_state_that_a_drawn_run_reaches() -> None:
    reasons = set[Reason]()
    for run in range(12):
        random = Random(f"bad input {run}")
        lockstep = Lockstep(draw_setting(random.choice))
        assert isinstance(lockstep.engine, ReferenceEngine)
        draw = Drawn().swarm(lockstep, random.choice)
        for _ in range(6):
            for _ in range(8):
                lockstep.do(draw.next(lockstep.state, random.choice))
            reasons |= fire(lockstep.engine.inner)
    edits = {Reason.REPLACE, Reason.DROP_PREVIOUS_OUTPUT, Reason.OFFSET}
    assert reasons == set(Reason) - edits, "a drawn run offers what may be refused"


def test_whole_numbers_of_any_kind_are_numbers() -> None:
    engine = Engine(EngineConfig())
    sampling = Sampling(stop=frozenset({np.int64(63)}))  # type: ignore[arg-type]
    engine.generate(1, 1, np.arange(1, 4), np.int32(2), np.int8(0), sampling)  # type: ignore[arg-type]
    engine.generate(2, 2, torch.arange(1, 4), 2)  # type: ignore[arg-type]
    serve(engine)
    expected = expected_output((1, 2, 3), 2)
    assert 63 not in expected
    assert [end.output for end in engine.ended] == [expected] * 2
