"""The engine's tokens and KV against a dense run, by its own policy and by any order of moves."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest

from impl.config import EngineConfig
from impl.engine import Engine
from impl.moves import Move
from stateful_tests.alone.client import CONTEXT_LEN, MODEL, Client, expected_output, small
from stateful_tests.alone.possible import possible_move

KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "overlap": {"lookahead": 1, "overlap": True},
    "speculation": {"lookahead": 2, "num_drafts": 2},
    "windows": {"lookahead": 1, "overlap": True, "window": 5},
    "recurrent": {"lookahead": 1, "overlap": True, "recurrents": 3},
    "layers": {"lookahead": 1, "overlap": True, "window": 12, "recurrents": 5},
}

every_kind = pytest.mark.parametrize("kind", KINDS)


def configured(kind: str, page_size: int, **sizes: Any) -> EngineConfig:
    """Return a small configuration of that kind."""
    wanted = KINDS[kind] | sizes
    if wanted.get("window"):
        wanted["window_pages"] = 1 + CONTEXT_LEN // page_size
    return small(page_size, **wanted)


@every_kind
@pytest.mark.parametrize("page_size", [1, 2, 4, 16])
def test_a_sessions_tokens_equal_those_of_the_dense_model(page_size: int, kind: str) -> None:
    seen: Counter[str] = Counter()
    for seed in range(15):
        client = Client(Engine(configured(kind, page_size, num_rows=2 + seed % 3)), seed)
        for _ in range(60):
            client.ask()
            client.look()
            if client.random.random() < 0.7:
                client.engine.step()
                client.look()
        client.leave()
        seen += client.seen
    cases = ["retract", "resume", "reclaim", "abort_first", "abort_nth", "end_close", "time_out"]
    cases += ["too_long", "queue_full"]
    cases += ["publish", "evict"] if page_size < 16 else []
    cases += ["verify"] if kind == "speculation" else []
    cases += ["slide"] if kind == "windows" and page_size < 16 else []
    for case in cases:
        assert seen[case], f"{case} never happened: {seen}"


@every_kind
@pytest.mark.parametrize("page_size", [1, 2, 4, 16])
def test_any_order_of_possible_moves_yields_the_dense_models_tokens(
    page_size: int, kind: str
) -> None:
    seen: Counter[str] = Counter()
    for seed in range(40):
        client = Client(Engine(configured(kind, page_size)), seed)
        for _ in range(200):
            if client.random.random() < 0.25:
                client.ask()
            if move := possible_move(client.engine, client.random):
                client.seen["no room"] += not client.engine.apply(move)
            client.look()
        client.leave()
        seen += client.seen
    for case in ("retract", "resume", "abort_waiting", "finish", "reclaim", "no room"):
        assert seen[case], f"{case} never happened: {seen}"


def test_another_early_token_usually_changes_the_output() -> None:
    # Without this, wrong KV could pass unseen: the tokens would not depend on it.
    random = Random(0)
    changed = 0
    for _ in range(40):
        prompt = [random.randrange(MODEL.vocab_size) for _ in range(16)]
        other = prompt.copy()
        place = random.randrange(8)
        other[place] = (other[place] + 1) % MODEL.vocab_size
        changed += expected_output(tuple(prompt), 4) != expected_output(tuple(other), 4)
    assert changed >= 34


def test_a_wrong_recurrent_state_usually_changes_the_output() -> None:
    # Without this, a state that was not copied could pass unseen in a model with other layers, too.
    changed = 0
    for seed in range(20):
        random = Random(seed)
        prompt = [random.randrange(MODEL.vocab_size) for _ in range(9)]
        engine = Engine(configured("layers", 4))
        said = [second_output(engine, prompt)]
        wrong = Engine(configured("layers", 4))
        assert wrong.memory.recurrents
        wrong.memory.recurrents.copy = lambda *_: None  # type: ignore[method-assign]
        said.append(second_output(wrong, prompt))
        assert said[0] == expected_output(tuple(prompt), 4, layers=(12, 1))
        changed += said[0] != said[1]
    assert changed >= 15


def second_output(engine: Engine, prompt: list[int]) -> tuple[int, ...]:
    """Return the output of the second of two plain requests that say the same."""
    for turn in (1, 2):
        engine.generate(turn, turn, prompt, 4)
        while not engine.idle:
            engine.step()
    assert Move("start", (2, 2)) in engine.moves
    return engine.ended[1].output


def test_another_namespace_usually_changes_the_output() -> None:
    # Without this, KV of another adapter could pass unseen.
    prompts = [tuple(range(i, i + 8)) for i in range(20)]
    changed = sum(expected_output(p, 4, 0) != expected_output(p, 4, 1) for p in prompts)
    assert changed >= 18


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_narrower_dtypes_run(dtype: str) -> None:
    engine = Engine(EngineConfig(dtype=dtype))
    engine.open(1)
    engine.submit(1, 1, [1, 2, 3], 3)
    while not engine.idle:
        engine.step()
        engine.check()
    assert len(engine.ended[0].output) == 3
