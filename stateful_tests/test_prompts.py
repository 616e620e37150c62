"""First prompts share exactly the whole pages that the spec's texts share."""

from __future__ import annotations

import pytest

from spec.machine.size import Size
from stateful_tests.prompts import Prompts


def prompts(page_size: int, seed: int = 0) -> Prompts:
    """Return the prompts of a world with eleven texts."""
    size = Size(1, 2, 1, 40, page_size, 12, namespaces=2, texts=11)
    return Prompts(size, seed, vocabulary=64)


@pytest.mark.parametrize("page_size", [1, 2, 4])
def test_two_texts_agree_in_whole_pages_and_differ_in_the_first_token_after(page_size: int) -> None:
    world = prompts(page_size)
    prefix = world.size.all_texts.prefix
    for v in range(11):
        for w in range(v):
            one, other = world.first(v, 24), world.first(w, 24)
            same = next(i for i in range(24) if one[i] != other[i])
            shared = [prefix(0, v, i) == prefix(0, w, i) for i in range(world.size.indices)]
            assert same == page_size * (shared.index(False) if False in shared else len(shared))


@pytest.mark.parametrize("page_size", [1, 2, 4])
def test_a_prefix_is_found_again_by_its_tokens(page_size: int) -> None:
    world = prompts(page_size)
    for prefix in world.size.all_texts.prefixes:
        namespace, tokens = world.tokens(prefix)
        assert world.prefix(namespace, tokens) == prefix
        assert world.prefix(namespace, [*tokens[:-1], (tokens[-1] + 7) % 64]) in (None, prefix)
        assert world.prefix(namespace, tokens[:-1]) != prefix


def test_another_seed_and_another_submit_say_other_things() -> None:
    assert prompts(2).first(3, 12) != prompts(2, seed=1).first(3, 12)
    assert prompts(2).later(0, 12) != prompts(2).later(1, 12)
    assert prompts(2).later(0, 5) == prompts(2).later(0, 12)[:5]
