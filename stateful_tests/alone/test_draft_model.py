"""A draft model by itself: it costs no answer, and one that is as good as the target is right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from impl.config import ConfigError, EngineConfig, ModelConfig
from impl.engine import Engine
from impl.model.sampling import GREEDY, Sampling
from stateful_tests.alone.client import MODEL, expected_output, small

SMALL = replace(MODEL, num_layers=1, num_heads=2, num_kv_heads=1, seed=5)
WARM = Sampling(temperature=1.5, seed=3)


def engine(draft_model: ModelConfig, **sizes: Any) -> Engine:
    """Return an engine that guesses three tokens at a time."""
    config = small(2, lookahead=3, num_drafts=3, model=MODEL, draft_model=draft_model, **sizes)
    return Engine(config)


def serve(engine: Engine) -> list[tuple[int, int]]:
    """Step until nothing waits and nothing runs; return drafts and how many were right."""
    while not engine.idle:
        engine.step()
        engine.check()
    made = [move.args[1:] for move in engine.moves if move.name == "verify"]
    return [(int(str(drafts)), int(str(right))) for drafts, right in made]


@pytest.mark.parametrize("sampling", [GREEDY, WARM], ids=["greedy", "sampled"])
def test_a_draft_model_that_is_the_target_is_always_right(sampling: Sampling) -> None:
    served = engine(MODEL)
    served.open(1)
    for turn in range(2):
        served.submit(1, turn, [1 + turn, 2, 3], 8, sampling=sampling)
        verified = serve(served)
    assert len(verified) >= 2
    assert all(right == drafts for drafts, right in verified)


def test_a_draft_model_that_is_often_wrong_changes_no_answer() -> None:
    served, history = engine(SMALL, num_pages=18), (7, 8)
    served.open(1)
    for turn in range(3):
        served.submit(1, turn, [7, 8] if turn == 0 else [9], 6)
        verified = serve(served)
        prompt = history if turn == 0 else (*history, 9)
        output = served.ended[-1].output
        assert output == expected_output(prompt, 6)
        history = (*prompt, *output)
    assert any(right < drafts for drafts, right in verified)


def test_a_prompt_that_others_published_is_drafted_from_too() -> None:
    served = engine(MODEL)
    for turn in range(2):
        served.generate(turn, turn, [1, 2, 3, 4, 5, 6], 8)
        verified = serve(served)
    assert served.moves[-1].name != "extend"
    assert ("start", (1, 2)) in [(move.name, move.args) for move in served.moves]
    assert all(right == drafts for drafts, right in verified)


def test_a_draft_model_with_another_vocabulary_is_refused() -> None:
    with pytest.raises(ConfigError, match="the draft model has 8 tokens and the model 64"):
        EngineConfig(draft_model=ModelConfig(vocab_size=8))
