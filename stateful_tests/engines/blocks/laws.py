"""What the lockstep does not see of a hosted engine: counts by page, KV by page, and outputs."""

from __future__ import annotations

from collections.abc import Sequence

from stateful_tests.difference import Difference
from stateful_tests.engines.blocks.host.memory import VOCABULARY, key
from stateful_tests.engines.blocks.tree import State, users
from stateful_tests.engines.blocks.turns import Turns
from stateful_tests.engines.histories import Histories
from stateful_tests.engines.hosting.history import kv, next_token


def check_counts(state: State) -> None:
    """Raise Difference unless references are users, and what nobody uses is free, once."""
    used = users(state)
    for page, count in enumerate(state["references"]):
        if count != used[page]:
            words = f"page {page} counts {count} references, and is in {used[page]} block tables"
            raise Difference("locks_balance", words)
        if (places := state["free"].count(page)) != (count == 0):
            words = f"page {page} counts {count} references, and is {places} times free"
            name = "no_page_is_free_and_held" if places else "no_page_is_lost"
            raise Difference(name, words)
    if state["num_free"] != len(state["free"]):
        words = "the engine counts another number of free pages than it has"
        raise Difference("pages_add_up", words, f"{len(state['free'])}", f"{state['num_free']}")


def check_output(turn: int, prompt_len: int, tokens: Sequence[int], namespace: int) -> None:
    """Compare an output with what the model says without pages. Raises Difference."""
    expected = list(tokens[:prompt_len])
    while len(expected) < len(tokens):
        expected.append(next_token(expected, key(namespace)) % VOCABULARY)
    if list(tokens) != expected:
        raise Difference(
            "output_equals_that_of_the_dense_model",
            f"turn {turn} says other tokens than the same model without sessions and pages",
            f"{expected[prompt_len:]}",
            f"{list(tokens[prompt_len:])}",
        )


def check_kv(state: State, turns: Turns, histories: Histories, page_size: int) -> int:
    """Compare the KV of running requests, and of all that the cache finds. Raises Difference."""
    num_compared = 0
    for request in state["requests"]:
        turn = turns.named(request["rid"])
        prompt = histories.prompts.get(turn.id, [])
        if request["tokens"][: request["prompt_len"]] != prompt:
            words = f"turn {turn.id} has another input than its client sent"
            raise Difference("a_turn_goes_on_from_the_last_finished_turn", words)
        if request["is_running"]:
            tokens = request["tokens"][: request["computed"]]
            _compare(state, page_size, request["table"], tokens, turn.namespace, f"turn {turn.id}")
            num_compared += 1
    for entry in state["entries"]:
        first = len(entry["tokens"]) // page_size - 1
        for page in entry["pages"]:
            owner = f"cached page {page}"
            _compare(state, page_size, [page], entry["tokens"], entry["namespace"], owner, first)
    return num_compared


def _compare(
    state: State,
    page_size: int,
    table: Sequence[int],
    tokens: Sequence[int],
    namespace: int,
    owner: str,
    first: int = 0,
) -> None:
    """Compare the KV in a table, whose first page is so many pages into the tokens."""
    start = first * page_size
    expected = kv(tokens, key(namespace))[start:]
    locations = [page * page_size + i for page in table for i in range(page_size)]
    found = [state["kv"][location] for location in locations[: len(expected)]]
    if wrong := [start + i for i, value in enumerate(expected) if found[i : i + 1] != [value]]:
        raise Difference(
            "committed_kv_is_that_of_the_tokens",
            f"KV at positions {wrong} of {owner} is not that of these tokens",
        )
