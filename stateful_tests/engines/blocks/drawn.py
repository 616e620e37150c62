"""The worlds that an engine with hashed blocks is tried in: requests whose prompts begin alike."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from spec.machine.size import Size
from spec.machine.worlds import World, each
from stateful_tests.draw import Choose
from stateful_tests.fuzz import Drawn
from stateful_tests.setting import Setting

CONTEXT = 16
"""Tokens of a request at most, prompt and output."""

SESSIONS = frozenset({"open", "submit", "close"})
"""What an engine without sessions is not asked for."""


def draw_setting(choose: Choose[Any], seed: int = 0, device: str = "cpu") -> Setting:
    """Draw a world: a pool for one to three long requests, pages of one token or of several."""
    page_size = choose([1, 2, 4])
    turn = CONTEXT // page_size
    return Setting(
        Size(
            sessions=5,
            turns=8,
            rows=choose([4, 3, 2]),
            pages=choose([turn, turn + 1, turn + turn // 2, 2 * turn, 3 * turn]),
            page_size=page_size,
            context_len=CONTEXT,
            lookahead=1,
            queue_limit=20,
            namespaces=choose([1, 1, 2]),
            texts=choose([3, 1, 5, 8]),
        ),
        token_budget=choose([8, 4, 32]),
        overlap=choose([0, 1]),
        seed=seed,
        device=device,
    )


def draw_nano(choose: Choose[Any], seed: int = 0, device: str = "cpu") -> Setting:
    """Draw a world for nano-vllm: pages of two tokens or more, one namespace, no limit on rows."""
    setting = draw_setting(choose, seed, device)
    size = setting.size
    if size.page_size == 1:
        size = replace(size, page_size=2, pages=-(-size.pages // 2))
    size = replace(size, rows=size.sessions, namespaces=1, lookahead=0)
    return replace(setting, size=size, token_budget=CONTEXT, overlap=0)


def draw_world(setting: Setting, *, too_long: bool) -> World:
    """Return the lengths that clients ask for."""
    texts = range(setting.size.texts)
    asks = each((1, 2, 3, 4, 5, 8, 9), (1, 2, 3, 5), texts)
    if too_long:
        asks += each((CONTEXT - 2, CONTEXT), (5,), texts)
    features = frozenset({"tree", "plain requests"})
    return World("drawn", setting.size, asks, features=features)


VLLM = Drawn(draw_setting, partial(draw_world, too_long=True), unasked=SESSIONS)
NANO = Drawn(draw_nano, partial(draw_world, too_long=False), unasked=SESSIONS | {"abort"})
