"""Configurations that cannot work are refused in one sentence that says what to do."""

from __future__ import annotations

from typing import Any

import pytest

from impl.config import ConfigError, EngineConfig, ModelConfig


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"page_size": 0}, "page_size is 0; give at least 1."),
        ({"queue_limit": -1}, "queue_limit is -1; give at least 1."),
        ({"dtype": "int8"}, "dtype 'int8' is unknown; choose one of float64, float32, bfloat16."),
        ({"device": "tpu"}, "device 'tpu' is unknown; use 'cpu', 'cuda' or 'cuda:<n>'."),
        ({"device": "cuda:99"}, "device 'cuda:99' is not here: torch finds"),
        ({"lookahead": -1}, "lookahead is -1; give at least 0."),
        ({"overlap": True}, "overlap launches a token ahead, and lookahead is 0; give at least 1."),
        ({"num_drafts": 2, "lookahead": 1}, "2 drafts need locations beyond the known tokens"),
        ({"window": 4}, "window is 4 and window_pages is 0; a model with sliding-window layers"),
        (
            {"window": 4, "window_pages": 15},
            "hold 240 tokens, less than one turn of 256; raise window_pages or",
        ),
    ],
)
def test_a_configuration_that_cannot_work_is_told_what_to_do(
    sizes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError) as error:
        EngineConfig(**sizes)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        (
            {"vocab_size": 2**31 + 1},
            "model.vocab_size is 2147483649; give at most 2147483648, token ids have 32 bits.",
        ),
        ({"num_layers": 0}, "model.num_layers is 0; give at least 1."),
        ({"num_kv_heads": 3}, "4 heads cannot share 3 KV heads evenly"),
        ({"head_dim": 7}, "model.head_dim is 7; give an even number"),
    ],
)
def test_a_model_that_cannot_work_is_told_what_to_do(sizes: dict[str, int], words: str) -> None:
    with pytest.raises(ConfigError) as error:
        ModelConfig(**sizes)
    assert words in str(error.value)
