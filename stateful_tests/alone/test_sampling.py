"""Sampled turns: their tokens are the dense model's, whatever the schedule; stops end them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch

from impl.engine import Engine
from impl.model import sampling as module
from impl.model.sampling import GREEDY, LARGEST_SEED, Sampling, choose
from stateful_tests.alone.client import small
from stateful_tests.engines.reference import sampled
from stateful_tests.engines.reference.dense import dense_output
from stateful_tests.fuzz import Fuzz

SCHEDULES: dict[str, dict[str, Any]] = {
    "one by one": {"token_budget": 1},
    "all at once": {"token_budget": 64},
    "large pages": {"page_size": 8},
    "put back": {"page_size": 2, "num_pages": 13},
    "overlap": {"lookahead": 1, "overlap": True},
    "speculation": {"lookahead": 3, "num_drafts": 3, "token_budget": 16},
}
WARM = [Sampling(1.3, seed=seed) for seed in (1, 2, 2**62)]


def outputs(samplings: list[Sampling], max_new: int, **sizes: Any) -> tuple[Engine, list[Any]]:
    """Run two turns of a session for each sampling, all beside the others."""
    engine = Engine(small(**{"page_size": 1, "num_pages": 99, "queue_limit": 9} | sizes))
    for round_ in range(2):
        for i, sampling in enumerate(samplings):
            if not round_:
                engine.open(i)
            engine.submit(i, 10 * round_ + i, [5, 6, i], max_new, sampling=sampling)
        for _ in range(500):
            if engine.idle:
                break
            engine.step()
            engine.check()
    said = {ended.turn: ended.output for ended in engine.ended}
    return engine, [said[10 * round_ + i] for round_ in range(2) for i in range(len(samplings))]


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_no_schedule_changes_what_is_sampled(schedule: str) -> None:
    engine, found = outputs([*WARM, GREEDY], 8, **SCHEDULES[schedule])
    moves = Counter(move.name for move in engine.moves)
    assert moves["retract"] or schedule != "put back"
    assert moves["verify"] or schedule != "speculation"
    for i, sampling in enumerate([*WARM, GREEDY]):
        prompt, expected = [5, 6, i], []
        for _ in range(2):
            expected.append(dense_output(engine.model, prompt, 8, 0, sampling))
            prompt = [*prompt, *expected[-1], 5, 6, i]
        assert [list(found[i]), list(found[4 + i])] == expected


def test_seeds_and_temperatures_matter() -> None:
    _, found = outputs([*WARM, GREEDY, Sampling(0.0, seed=7)], 8)
    first = found[:5]
    assert len(set(first[:3])) == 3
    assert outputs([GREEDY], 8)[1] == outputs([Sampling(0.0, seed=7)], 8)[1]


def test_tokens_are_drawn_as_often_as_the_softmax_says() -> None:
    logits = torch.tensor([[0.0, 1.0, 2.0, -1.0]]).expand(20_000, -1)
    for temperature in (0.5, 1.0, 3.0):
        drawn = choose(logits, [Sampling(temperature, seed=s) for s in range(20_000)], [4] * 20_000)
        share = torch.bincount(drawn, minlength=4) / len(drawn)
        assert torch.allclose(share, (logits[0] / temperature).softmax(0), atol=0.015)


def test_the_noise_is_what_it_is_said_to_be() -> None:
    seeds, positions = [0, 1, LARGEST_SEED], [0, 5, 100_000]
    found = module.gumbel(torch.tensor(seeds), torch.tensor(positions), 9)
    expected = [sampled.gumbel(s, p, 9) for s, p in zip(seeds, positions, strict=True)]
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_stop_token_ends_a_turn_and_the_next_goes_on_from_it(schedule: str) -> None:
    stops = [Sampling(1.3, seed=s.seed, stop=frozenset(range(0, 64, 3))) for s in WARM]
    engine, found = outputs(stops, 9, **SCHEDULES[schedule])
    shorter = 0
    for i, sampling in enumerate(stops):
        prompt = [5, 6, i]
        for output in (found[i], found[3 + i]):
            whole = dense_output(engine.model, prompt, 9, 0, sampling)
            end = next((k + 1 for k, t in enumerate(whole) if t in sampling.stop), 9)
            assert list(output) == whole[:end]
            shorter += end < 9
            prompt = [*prompt, *output, 5, 6, i]
    assert shorter > 3


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"temperature": -0.1}, "temperature is -0.1; give a number from 0 on"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"temperature": float("inf")}, "temperature is inf"),
        ({"seed": -1}, "seed is -1; give one from 0 to"),
        ({"seed": 2**63}, "seed is 9223372036854775808; give one from 0 to"),
    ],
)
def test_what_means_nothing_is_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Sampling(**wrong)


def test_lockstep_tells_noise_that_depends_on_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    def planted(logits: torch.Tensor, samplings: Any, positions: Any) -> torch.Tensor:
        return choose(logits, samplings, [position + len(positions) for position in positions])

    monkeypatch.setattr("impl.model.runner.choose", planted)
    assert check_of_first_failure() == "output_equals_that_of_the_dense_model"


def test_lockstep_tells_a_stop_that_is_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    def planted(turn: Any, tokens: list[int]) -> None:
        turn.borrowed.extend(tokens)

    monkeypatch.setattr("impl.sessions.turn.Turn.say", planted)
    assert check_of_first_failure() == "an_output_ends_at_its_first_stop"


def check_of_first_failure() -> str:
    """Return by which name the lockstep tells what is wrong with the engine."""
    fuzz = Fuzz(seed=3)
    for _ in range(50):
        if failure := fuzz.met():
            return failure.difference.check
    return "nothing"
