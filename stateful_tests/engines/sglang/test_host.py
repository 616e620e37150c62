"""The hosted releases: they run, what they say is what a fresh history says, and they do not leak.

Skipped for releases that are not installed.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from stateful_tests.engines.hosting.client import Client, Crashed
from stateful_tests.engines.hosting.history import continuation, kv
from stateful_tests.engines.sglang.conftest import Hosted
from stateful_tests.engines.sglang.releases import RELEASES

FIRST = "0.5.10.post1"
"""The first release with streaming sessions. It has B6: nothing stops a second turn while one runs;
and B8: the slot of an aborted first turn survives, with KV of other tokens."""


def said(client: Client, rid: str) -> list[int]:
    """Step until the request has ended well, and return its tokens."""
    for _ in range(40):
        for answer in client.ask("step")["answers"]:
            if answer["rid"] == rid:
                assert answer["reason"]["type"] == "length", answer
                return list(answer["tokens"])
    raise AssertionError(f"{rid} has not ended after 40 steps")


def settle(client: Client) -> None:
    """Step until nothing waits, runs or is unread."""
    for _ in range(40):
        if client.ask("step")["state"]["idle"]:
            return
    raise AssertionError("not idle after 40 steps")


def three_turns(client: Client) -> list[int]:
    """Say three turns, each of which goes on with what a fresh history says; return them all."""
    client.ask("open", session="s")
    history: list[int] = []
    for turn, new in enumerate(([1, 2, 3, 4, 5], [6, 7], [8, 9, 10])):
        client.ask("submit", session="s", rid=f"t{turn}", tokens=new, max_new_tokens=3)
        history += new
        tokens = said(client, f"t{turn}")
        assert tokens == continuation(history, 3)
        history += tokens
    return history


def test_three_turns_say_what_a_fresh_history_says(
    hosted: Hosted, subtests: pytest.Subtests
) -> None:
    client = hosted.client
    for title, world in hosted.worlds().items():
        with subtests.test(title):
            client.configure(world)
            history = three_turns(client)
            settle(client)
            state = client.ask("observe")["state"]
            slot = state["slots"]["s"]
            assert state["rows"][str(slot["row"])]["kv"] == kv(history)[: slot["allocated"]]
            assert 0 <= len(history) - slot["committed"] <= 1  # overlap may compute the last
            assert client.ask("observe")["complaint"] is None


def test_an_aborted_first_turn_leaves_nothing(hosted: Hosted, subtests: pytest.Subtests) -> None:
    client = hosted.client
    for title, world in hosted.worlds().items():
        with subtests.test(title):
            client.configure(world)
            client.ask("open", session="s")
            client.ask("submit", session="s", rid="a", tokens=[1, 2, 3, 4, 5, 6], max_new_tokens=9)
            for _ in range(4):
                client.ask("step")
            client.ask("abort", rid="a")
            settle(client)
            client.ask("submit", session="s", rid="b", tokens=[7, 8], max_new_tokens=2)
            is_fresh = said(client, "b") == continuation([7, 8], 2)
            assert is_fresh == (hosted.release != FIRST)
            settle(client)
            client.ask("close", session="s")
            settle(client)
            state = client.ask("observe")["state"]
            assert (state["rows"], state["session_held"]) == ({}, 0)
            assert client.ask("observe")["complaint"] is None


def test_a_second_turn_is_turned_away_while_one_is_in_flight(
    hosted: Hosted, subtests: pytest.Subtests
) -> None:
    client = hosted.client
    for title, world in hosted.worlds().items():
        with subtests.test(title):
            client.configure(world)
            client.ask("open", session="s")
            client.ask("submit", session="s", rid="a", tokens=[1, 2, 3, 4], max_new_tokens=9)
            client.ask("step")
            client.ask("submit", session="s", rid="b", tokens=[7], max_new_tokens=2)
            requests = {req["rid"]: req for req in client.ask("observe")["state"]["requests"]}
            assert not requests["a"]["turned_away"]
            assert requests["b"]["turned_away"] == (hosted.release != FIRST)
            assert requests["b"]["session_in_flight"] == (None if hosted.release == FIRST else True)
            assert said(client, "a") == continuation([1, 2, 3, 4], 9)


def test_prefill_and_decode_are_mixed_in_one_batch(hosted: Hosted) -> None:
    client = hosted.client
    client.configure(next(world for world in hosted.worlds().values() if world.mixed))
    client.ask("generate", rid="a", tokens=[1, 2, 3], max_new_tokens=9)
    client.ask("step")
    client.ask("generate", rid="b", tokens=[4, 5, 6, 7, 8, 9], max_new_tokens=3)
    events = [event for _ in range(3) for event in client.ask("step")["events"]]
    assert "mixed" in {event.get("mode") for event in events}
    assert said(client, "b") == continuation([4, 5, 6, 7, 8, 9], 3)


def test_a_release_that_raises_has_crashed(hosted: Hosted) -> None:
    hosted.client.configure(next(iter(hosted.worlds().values())))
    with pytest.raises(Crashed, match="no_such_argument"):
        hosted.client.ask("step", no_such_argument=1)


def test_a_world_has_the_cache_that_it_asks_for(hosted: Hosted) -> None:
    for world in hosted.worlds().values():
        cache = hosted.client.configure(world)["cache"]
        assert (cache == "UnifiedRadixCache") == (world.unified or world.rust_core)


def test_a_cache_that_a_release_lacks_is_refused(hosted: Hosted) -> None:
    world = next(iter(hosted.worlds().values()))
    for lacking in (replace(world, unified=True), replace(world, rust_core=True)):
        if lacking.cache not in RELEASES[hosted.release].caches:
            with pytest.raises(Crashed, match=r"ValueError: sglang 0\.5\.\S* has no cache unified"):
                hosted.client.configure(lacking)
