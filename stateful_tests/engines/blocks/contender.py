"""Hosted engines with hashed blocks by name: `vllm==0.33.0`, `nano-vllm-npu==0.0.2[mended]`."""

from __future__ import annotations

import atexit
from dataclasses import replace
from functools import cache

from stateful_tests.engines.blocks.adapter import BlockEngine
from stateful_tests.engines.blocks.drawn import NANO, VLLM
from stateful_tests.engines.blocks.findings.known import FINDINGS
from stateful_tests.engines.blocks.releases import RELEASES, Release, installed
from stateful_tests.engines.blocks.world import World
from stateful_tests.engines.contender import Contender, NotInstalledError, UnknownEngineError
from stateful_tests.engines.hosting.client import Client
from stateful_tests.setting import Setting

FAMILIES = tuple(dict.fromkeys(release.name for release in RELEASES.values()))
"""How names of these engines begin."""

MENDED = "[mended]"
"""Ends the name of an engine whose findings are put right in memory, to look for what is behind."""


def find_release(name: str) -> Contender:
    """Return a hosted release. Raises UnknownEngineError, or NotInstalledError."""
    bare = name.removesuffix(MENDED)
    if bare not in RELEASES:
        known = ", ".join(RELEASES)
        raise UnknownEngineError(f"there is no engine {name!r} to host; choose one of {known}.")
    if bare not in installed():
        raise NotInstalledError(
            f"{bare} is not installed; install it with `turnstile engines install {bare}`."
        )
    mends = tuple(each.mended for each in FINDINGS if bare in each.releases and each.mended)
    if bare != name and not mends:
        raise UnknownEngineError(f"{bare} has nothing to mend.")
    return replace(contender(RELEASES[bare], mends if bare != name else ()), name=name)


def contender(release: Release, planted: tuple[str, ...] = ()) -> Contender:
    """Return a release that is installed, with bugs planted, or mended."""

    def make(setting: Setting) -> BlockEngine:
        world = hosted(setting, release, planted)
        return BlockEngine(_client(release), world, is_cut=release.is_vllm)

    drawn = VLLM if release.is_vllm else NANO
    return Contender(release.requirement, make, drawn, overlap=None if release.is_vllm else 0)


def hosted(setting: Setting, release: Release, planted: tuple[str, ...] = ()) -> World:
    """Return how a release is configured for a setting. Raises ValueError if it cannot work."""
    size = setting.size
    if size.sliding or size.hybrid:
        raise ValueError("releases are hosted with layers of full attention only")
    if release.is_vllm and size.pages * size.page_size < size.context_len:
        raise ValueError("it does not start with a pool that is too small for one long request")
    if release.is_vllm and setting.token_budget < size.rows:
        raise ValueError("its batch has room for a token of each request that may run")
    if not release.is_vllm and (size.page_size == 1 or setting.token_budget < size.context_len):
        raise ValueError("it takes pages of two tokens or more, and prompts in one piece")
    return World(
        module=release.module,
        page_size=size.page_size,
        num_pages=size.pages,
        rows=size.rows,
        context_len=size.context_len,
        token_budget=setting.token_budget,
        overlap=bool(setting.overlap),
        planted=planted,
    )


@cache
def _client(release: Release) -> Client:
    """Return the one process of a release; it ends when this one does."""
    client = Client(release.place.python, release.place.folder, release.host)
    atexit.register(client.stop)
    return client
