"""What differs between releases in name only: one table, one entry per release."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from types import MappingProxyType

from stateful_tests.engines.sglang.host.world import World
from stateful_tests.engines.sglang.releases import PLAIN, RELEASES


@dataclass(frozen=True, kw_only=True)
class Names:
    """Where one release has what is listened to and looked at; files are below sglang/srt/."""

    scheduler: str  # our module that constructs it
    allocation: str  # module of alloc_for_extend and alloc_for_decode
    allocators: str  # module of the paged allocator
    kept: str  # the tree cache's method for the KV of a request that goes on
    extend_lens: str  # a batch's attribute: how many tokens of each request it computes
    packs_tokens: bool  # token ids come as an array, not as a list


MIXINS = Names(
    scheduler="scheduler_0_5_10",
    allocation="sglang.srt.mem_cache.common",  # lines 455, 552 in 0.5.11
    allocators="sglang.srt.mem_cache.allocator",  # line 362
    kept="cache_unfinished_req",  # mem_cache/radix_cache.py line 535, session/streaming_session.py
    extend_lens="extend_seq_lens",  # of a copy: managers/schedule_batch.py line 2786 in 0.5.12
    packs_tokens=False,
)
COMPONENTS = replace(
    MIXINS,
    scheduler="scheduler_0_5_13",
    allocators="sglang.srt.mem_cache.allocator.paged",  # line 98 in 0.5.13.post1
    extend_lens="extend_lens",
    packs_tokens=True,
)
SPLIT = replace(COMPONENTS, allocation="sglang.srt.mem_cache.allocation")  # lines 281, 512
ONE_RECORD = replace(
    SPLIT,
    scheduler="scheduler_0_5_23",
    kept="checkpoint",  # mem_cache/unified_radix_cache.py line 1159
)

NAMES = MappingProxyType(
    {
        "0.5.10.post1": MIXINS,
        "0.5.11": MIXINS,
        "0.5.12": MIXINS,
        "0.5.13.post1": COMPONENTS,
        "0.5.15": COMPONENTS,
        "0.5.18": SPLIT,
        "0.5.23": ONE_RECORD,
    }
)


@cache
def release() -> str:
    """Return which release is installed here."""
    return version("sglang")


def names() -> Names:
    """Return the entry of the release that is installed here."""
    return NAMES[release()]


def check_cache(world: World) -> None:
    """Raise ValueError if this release lacks a cache other than the plain one.

    Where there is no plain one, it stands for the first that there is.
    """
    if world.cache not in (PLAIN, *RELEASES[release()].caches):
        raise ValueError(f"sglang {release()} has no cache {world.cache}")
