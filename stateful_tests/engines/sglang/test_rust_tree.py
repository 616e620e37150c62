"""What is told of the Rust core is what is told of the Python core, which shows its nodes."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from stateful_tests.engines.hosting.client import Client
from stateful_tests.engines.sglang.conftest import Hosted
from stateful_tests.engines.sglang.host.world import World

TIGHT = World(page_size=2, num_pages=16, rows=4, context_len=16, chunked_prefill_size=4)
"""So few pages that requests which share prefixes evict each other's."""

Told = dict[str, Any]


def by_location(tree: list[Told]) -> dict[int, tuple[Any, ...]]:
    """Return of each location what it stands for, what precedes it, and its locks."""
    ends = {node["id"]: node["locations"][-1] for node in tree}
    return {
        location: (token, node["extra_key"], kv, previous, node["lock_ref"])
        for node in tree
        for token, location, kv, previous in zip(
            node["tokens"],
            node["locations"],
            node["kv"],
            [ends.get(node["parent"]), *node["locations"][:-1]],
            strict=True,
        )
    }


def what_happens(client: Client, world: World, seed: int) -> list[Any]:
    """Ask for turns and plain requests at random; return what is told of the tree in each step."""
    client.configure(world)
    random = Random(seed)
    client.ask("open", session="s")
    told = []
    for step in range(60):
        tokens = [random.randint(1, 2) for _ in range(random.randint(1, 7))]
        if random.random() < 0.1:
            client.ask("submit", session="s", rid=f"s{step}", tokens=tokens[:2], max_new_tokens=1)
        elif random.random() < 0.4:
            namespace = random.choice([None, "other"])
            client.ask(
                "generate", rid=f"g{step}", tokens=tokens, max_new_tokens=3, namespace=namespace
            )
        now = client.ask("step")
        evicted = [event["tokens"] for event in now["events"] if event["event"] == "evict"]
        told.append((evicted, by_location(now["state"]["tree"]), now["answers"]))
    return told


@pytest.mark.parametrize("hosted", ["0.5.23"], indirect=True)
def test_the_rust_core_is_told_as_the_python_core_is(hosted: Hosted) -> None:
    num_evicted = num_branches = 0
    for seed in range(4):
        python = what_happens(hosted.client, TIGHT, seed)
        rust = what_happens(hosted.client, replace(TIGHT, unified=True, rust_core=True), seed)
        for step, (expected, found) in enumerate(zip(python, rust, strict=True)):
            assert found == expected, (seed, step)
        num_evicted += sum(len(evicted) for evicted, _, _ in python)
        num_branches += sum(
            len(tree) - len({known[3] for known in tree.values()}) for _, tree, _ in python
        )
    assert num_evicted > 10
    assert num_branches > 10
