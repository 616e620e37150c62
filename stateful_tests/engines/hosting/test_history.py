"""The stand-in model: its KV and tokens depend on all that came before, and on the namespace."""

from __future__ import annotations

from stateful_tests.engines.hosting.history import VOCABULARY, continuation, kv, next_token


def test_kv_of_a_token_depends_on_all_before_it() -> None:
    assert kv([1, 2, 3])[:2] == kv([1, 2, 4])[:2]
    assert kv([1, 2, 3])[2] != kv([2, 1, 3])[2]
    assert not set(kv([1, 2, 3], "a")) & set(kv([1, 2, 3], "b"))


def test_the_next_token_depends_on_all_tokens() -> None:
    texts = [[1, 2, 3], [1, 2, 4], [0, 2, 3], [1, 2], [2, 1, 3]]
    assert len({next_token(text) for text in texts}) == len(texts)


def test_a_continuation_goes_on_from_itself() -> None:
    said = continuation([5], 4)
    assert said[2:] == continuation([5, *said[:2]], 2)
    assert all(0 <= token < VOCABULARY for token in said)
