"""What a logged engine writes passes the model; a line that is not true does not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from io import StringIO
from typing import Any

import pytest

from impl.event_log import LoggedEngine
from impl.model.sampling import Sampling
from impl.refused import Refused
from spec.machine.log.judge import Judge
from spec.machine.log.lines import Reader
from spec.machine.trace import Point
from stateful_tests.alone.client import Client
from stateful_tests.alone.test_tokens import configured, every_kind
from stateful_tests.engines.reference.faults import Faults


def logged(kind: str, page_size: int, seed: int) -> list[str]:
    """Return the log of a random run."""
    lines, _ = logged_with_faults(kind, page_size, seed, [])
    return lines


def logged_with_faults(
    kind: str, page_size: int, seed: int, points: Sequence[Point]
) -> tuple[list[str], Counter[str]]:
    """Return the log of a random run with faults at some points, and how its turns ended."""
    log = StringIO()
    client = Client(LoggedEngine(configured(kind, page_size, num_rows=2), log), seed)
    faults = Faults(client.engine)
    for _ in range(60):
        client.ask()
        if points and client.random.random() < 0.3:
            faults.inject(client.num_turns, client.random.choice(points))
        client.engine.step()
        client.look()
    client.leave()
    return log.getvalue().splitlines(keepends=True), client.seen


def objection(lines: list[str]) -> Any:
    """Return what the model has against a log."""
    reader = Reader(lines)
    return Judge(reader).judge(reader.events())


@every_kind
@pytest.mark.parametrize("page_size", [1, 4])
def test_the_log_of_a_run_passes(page_size: int, kind: str) -> None:
    done = set[str]()
    for seed in range(6):
        lines = logged(kind, page_size, seed)
        assert objection(lines) is None
        done |= {json.loads(line).get("do") for line in lines}
    expected = {"open", "submit", "generate", "abort", "close", "start", "finish", "time_out"}
    assert expected | {"pre_abort", "abort_first", "retract", "reclaim"} <= done
    assert "evict" in done


@every_kind
def test_the_log_of_a_run_with_failures_passes(kind: str) -> None:
    seen: Counter[str] = Counter()
    for seed in range(6):
        lines, ended = logged_with_faults(kind, 2, seed, list(Point))
        assert objection(lines) is None
        seen += ended
    for case in ("failed", "out_of_memory", "finished"):
        assert seen[case], f"{case} never happened: {seen}"


def told_otherwise(lines: list[str]) -> Iterator[list[str]]:
    """Generate logs in which one event is missing, or has another length."""
    for i, line in enumerate(lines):
        told = json.loads(line)
        if told.get("do") == "start":
            yield [*lines[:i], *lines[i + 1 :]]
        if "upto" in told:
            yield [*lines[:i], json.dumps(told | {"upto": 99}) + "\n", *lines[i + 1 :]]


def test_a_log_that_is_not_true_is_refused() -> None:
    lines = logged("plain", 2, seed=3)
    others = list(told_otherwise(lines))
    refused = sum(objection(other) is not None for other in others)
    assert len(others) > 30
    assert refused == len(others)


def test_a_refused_request_is_told_and_bad_input_is_not() -> None:
    log = StringIO()
    engine = LoggedEngine(configured("plain", 2), log)
    with pytest.raises(ValueError, match="vocabulary"):
        engine.generate(0, 0, [10**6], 1)
    client = Client(engine, 0)
    engine.open(0)
    refused: list[tuple[Callable[[], None], str]] = [
        (lambda: engine.open(0), "already_open"),
        (lambda: engine.submit(1, 0, [1], 1), "unknown_session"),
        (lambda: engine.submit(0, 0, [1], 1, replace=True), "replace"),
        (lambda: engine.submit(0, 0, [1], 1, offset=3), "offset"),
        (lambda: engine.submit(0, 0, [], 1), "empty_input"),
        (lambda: engine.abort(5), "unknown_turn"),
        (lambda: engine.close(7), "unknown_session"),
    ]
    for asked, answer in refused:
        with pytest.raises(Refused, match=answer):
            asked()
    engine.submit(0, 0, [1, 2, 3], 4, sampling=Sampling(1.0, stop=frozenset(range(64))))
    client.engine.step()
    lines = log.getvalue().splitlines(keepends=True)
    answers = [json.loads(line).get("answer") for line in lines[1:10]]
    assert answers == ["ok", *(answer for _, answer in refused), "ok"]
    assert objection(lines) is None
    assert json.loads(lines[-1])["do"] == "finish"
