"""The worlds that a hosted release is tried in."""

from __future__ import annotations

from typing import Any

from spec.machine.size import Size
from spec.machine.worlds import World, each
from stateful_tests.draw import Choose
from stateful_tests.engines.sglang.host.world import World as HostedWorld
from stateful_tests.fuzz import Drawn
from stateful_tests.setting import Setting

PAGE_SIZES = (1, 2, 4) * 3 + (16, 64)
"""Tokens of a page, small ones more often: small worlds fill up, and are quicker to compare."""

CONSERVATIVENESS = 0.1
"""How much output a turn is expected to have when it is admitted: little, so that some must be put
back when memory runs out."""

HAS = frozenset({"tree", "time-outs", "plain requests"})
"""What of the spec's worlds a release has, too."""


def context_of(page_size: int) -> int:
    """Return the tokens of a turn at most, prompt and output: of small pages a few, of large three.

    A prompt must leave some of them free.
    """
    return max(16, 3 * page_size)


def draw_setting(choose: Choose[Any], seed: int = 0, device: str = "cpu") -> Setting:
    """Draw a world: roomy or tight, a page of one token or of several, few or enough rows."""
    page_size = choose(PAGE_SIZES)
    context_len = context_of(page_size)
    turn = -(-(context_len + 2) // page_size)
    return Setting(
        Size(
            sessions=3,
            turns=7,
            rows=choose([4, 3, 2]),
            pages=choose([3 * turn, 2 * turn, turn]),
            page_size=page_size,
            context_len=context_len,
            lookahead=1,
            queue_limit=20,
            namespaces=choose([1, 1, 1, 2]),
            texts=choose([3, 1, 5]),
        ),
        token_budget=choose([8, 4]),
        overlap=choose([0, 1]),
        seed=seed,
        device=device,
    )


def draw_world(setting: Setting) -> World:
    """Return the lengths that clients ask for in a drawn setting; one never fits."""
    size = setting.size
    prompts = (1, 2, 3, 5, 8)
    if size.page_size > max(prompts):
        prompts = (1, 3, size.page_size - 1, size.page_size, size.page_size + 1)
    asks = each(prompts, (0, 1, 2, 4, 8), range(size.texts))
    asks += each((size.context_len,), (1,), range(size.texts))
    return World("drawn", size, asks, features=HAS)


DRAWN = Drawn(draw_setting, draw_world, length=200)
"""Runs are longer than elsewhere: to configure a release anew takes as long as ten actions."""


def hosted(
    setting: Setting,
    *,
    unified: bool = False,
    rust_core: bool = False,
    mixed: bool = False,
    clips_to_pool: bool = False,
    planted: str = "",
) -> HostedWorld:
    """Return how a release is configured for a setting; `planted` names a bug to have."""
    size = setting.size
    if size.sliding or size.hybrid:
        raise ValueError("releases are hosted with layers of full attention only")
    chunk = -(-setting.token_budget // size.page_size) * size.page_size
    return HostedWorld(
        page_size=size.page_size,
        num_pages=size.pages,
        rows=size.rows,
        context_len=size.context_len + 2,
        chunked_prefill_size=chunk,
        overlap=bool(setting.overlap),
        conservativeness=CONSERVATIVENESS,
        mixed=mixed,
        clips_to_pool=clips_to_pool,
        unified=unified,
        rust_core=rust_core,
        planted=planted,
    )
