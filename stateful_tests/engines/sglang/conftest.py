"""A host of each installed release, and the small worlds that a release is tested in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import pytest

from stateful_tests.engines.hosting.client import Client
from stateful_tests.engines.sglang.host.world import World
from stateful_tests.engines.sglang.install import folder_of, installed, python_of
from stateful_tests.engines.sglang.releases import HOST, RELEASES, RUST, UNIFIED, requirement


@dataclass(frozen=True)
class Hosted:
    """A release and its host. It imports the release when it is first configured, for seconds."""

    release: str
    client: Client

    def worlds(self) -> dict[str, World]:
        """Return a world with each cache, page size and loop, some with mixed batches."""
        caches = RELEASES[self.release].caches
        return {
            f"{cache}, page_size {page_size}, {'overlap' if overlap else 'normal'}": World(
                page_size=page_size,
                num_pages=128 // page_size,
                rows=4,
                context_len=64,
                overlap=overlap,
                chunked_prefill_size=max(4, page_size),
                mixed=page_size in (2, 4),
                unified=cache == UNIFIED,
                rust_core=cache == RUST,
            )
            for cache, page_size, overlap in product(caches, (1, 2, 4, 16), (False, True))
        }


@pytest.fixture(scope="session", params=RELEASES)
def hosted(request: pytest.FixtureRequest) -> Iterator[Hosted]:
    """Return a host of each release that is installed."""
    release = request.param
    if release not in installed():
        pytest.skip(f"not installed: turnstile engines install {requirement(release)}")
    client = Client(python_of(release), folder_of(release), HOST)
    yield Hosted(release, client)
    client.stop()
