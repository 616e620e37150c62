"""Plain worlds: paged memory and streaming sessions, which every engine behind the spec has."""

from __future__ import annotations

from functools import partial
from typing import Any

from spec.machine.size import Size
from spec.machine.worlds import World, each
from stateful_tests.draw import Choose
from stateful_tests.fuzz import Drawn
from stateful_tests.setting import Setting

CONTEXT = 12
"""Tokens of a turn at most, prompt and output."""


def draw_setting(choose: Choose[Any], seed: int = 0, device: str = "cpu") -> Setting:
    """Draw a world: tight or roomy, a page of one token or of several, few or enough rows."""
    page_size = choose([1, 2, 4])
    turn = CONTEXT // page_size
    return Setting(
        Size(
            sessions=3,
            turns=7,
            rows=choose([3, 2, 1]),
            pages=turn + choose([0, 1, turn // 2, turn, -1]),
            page_size=page_size,
            context_len=CONTEXT,
            lookahead=1,
            namespaces=choose([1, 2]),
            texts=choose([3, 1]),
        ),
        token_budget=choose([6, 1, 3]),
        overlap=choose([0, 1]),
        seed=seed,
        device=device,
    )


def draw_world(setting: Setting, features: frozenset[str] = frozenset()) -> World:
    """Return the lengths that clients ask for; one is too long for any turn."""
    size = setting.size
    asks = each((1, 2, 3, 5), (0, 1, 2, 3, 5), range(size.texts))
    asks += each((size.context_len + 1,), (0,), range(size.texts))
    return World("plain", size, asks, features=features)


PLAIN = Drawn(draw_setting, draw_world)
"""No plain requests, no time-outs, no layers but those of full attention, no speculation."""


def plain_with(*features: str) -> Drawn:
    """Return plain worlds, and some of `spec.machine.worlds.FEATURES` besides."""
    return Drawn(draw_setting, partial(draw_world, features=frozenset(features)))
