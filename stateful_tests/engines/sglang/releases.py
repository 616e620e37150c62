"""Which releases can be hosted, and what each needs installed beside it."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

HOST = "stateful_tests.engines.sglang.host"
"""The module that serves a release."""

LIGHT = (
    "torch==2.13.0",
    "triton==3.7.1",
    "transformers==5.6.0",
    "openai==2.6.1",
    "numpy",
    "orjson",
    "msgspec",
    "dill",
    "psutil",
    "pillow",
    "apache-tvm-ffi",
)
"""What a release imports and uses even on a CPU. The rest of what it asks for is stubbed."""


LOOPS = ("normal", "overlap")
"""The scheduling loops that each release is hosted with."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """What one release needs, and the prefix caches in which it keeps streaming sessions."""

    caches: tuple[str, ...]
    packages: tuple[str, ...] = LIGHT  # of an environment that releases share
    own: tuple[str, ...] = ()  # beside the release, in its own folder
    clips_to_pool: bool = True  # what is asked for that the empty pool would not hold


PLAIN, UNIFIED, RUST = "radix", "unified", "unified (Rust core)"

RELEASES = MappingProxyType(
    {
        "0.5.10.post1": Release(caches=(PLAIN,), clips_to_pool=False),
        "0.5.11": Release(caches=(PLAIN, UNIFIED), clips_to_pool=False),
        "0.5.12": Release(caches=(PLAIN, UNIFIED)),
        "0.5.13.post1": Release(caches=(PLAIN, UNIFIED)),
        "0.5.15": Release(caches=(PLAIN, UNIFIED)),
        "0.5.18": Release(caches=(PLAIN, UNIFIED), own=("xgrammar==0.2.1",)),
        "0.5.23": Release(caches=(UNIFIED, RUST)),
    }
)
"""The releases that can be hosted, in the order in which they came out."""


def release_of(name: str) -> str | None:
    """Return the release that an engine's name begins with: `sglang==0.5.11[overlap]`."""
    return next((r for r in RELEASES if name.partition("[")[0] == requirement(r)), None)


def requirement(release: str) -> str:
    """Return a release's name, as a package installer has it."""
    return f"sglang=={release}"
