"""All releases of other engines that can be hosted, by what a package installer calls them."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from stateful_tests.engines.blocks.releases import RELEASES as BLOCKS
from stateful_tests.engines.hosting.install import Place
from stateful_tests.engines.sglang.install import place_of
from stateful_tests.engines.sglang.releases import LOOPS
from stateful_tests.engines.sglang.releases import RELEASES as SGLANG


@dataclass(frozen=True)
class Hosted:
    """One release: what is installed for it, and in which ways it can be run."""

    place: Place
    loops: tuple[str, ...]
    caches: tuple[str, ...]


HOSTED = MappingProxyType(
    {
        place_of(name).requirement: Hosted(place_of(name), LOOPS, release.caches)
        for name, release in SGLANG.items()
    }
    | {
        name: Hosted(release.place, release.loops, ("hashed blocks",))
        for name, release in BLOCKS.items()
    }
)
"""The releases, in the order in which they are listed."""


def installed() -> list[str]:
    """Return the releases that are installed."""
    return [name for name, hosted in HOSTED.items() if hosted.place.is_there]
