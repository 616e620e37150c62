"""Are KV and tokens those of a fresh history? See `history` for what a stand-in model stores."""

from __future__ import annotations

from typing import Any

from stateful_tests.difference import Difference
from stateful_tests.engines.histories import Histories
from stateful_tests.engines.hosting.history import continuation, kv
from stateful_tests.engines.observation import Observation
from stateful_tests.engines.sglang.seen import Eye


def key(namespace: int) -> str | None:
    """Return the extra key of a namespace: the first one has none."""
    return str(namespace) if namespace else None


def check_output(turn: int, prompt_len: int, tokens: list[int], namespace: str) -> None:
    """Compare an output with what a fresh history says. Raises Difference."""
    said = tokens[prompt_len:]
    expected = continuation(tokens[:prompt_len], len(said), namespace)
    if said != expected:
        raise Difference(
            "output_equals_that_of_the_dense_model",
            f"turn {turn} says other tokens than the same model without sessions and pages",
            f"{expected}",
            f"{said}",
        )


def check_kv(seen: Observation, state: dict[str, Any], eye: Eye, histories: Histories) -> int:
    """Compare the committed KV of each row, and that of the tree. Raises Difference."""
    for row in seen.rows:
        turn = next((t for t in seen.turns if t.session == row.session and t.row == row.row), None)
        if turn is not None:
            prompt = histories.prompts.get(turn.id, [])
            if list(turn.tokens[: turn.prompt_len]) != prompt:
                raise Difference(
                    "a_turn_goes_on_from_the_last_finished_turn",
                    f"turn {turn.id} has another input than its client sent",
                    f"{prompt}",
                    f"{list(turn.tokens[: turn.prompt_len])}",
                )
        tokens = list(turn.tokens) if turn else histories.finished.get(row.session, [])
        found = state["rows"][str(row.row + eye.first_row)]["kv"][: row.committed]
        _compare(found, kv(tokens, key(_namespace(seen, row.session)) or ""), f"row {row.row}")
    nodes = {node["id"]: node for node in state["tree"]}
    for node in state["tree"]:
        tokens, start = _path(nodes, node)
        expected = kv(tokens, str(node["extra_key"] or ""))[start:]
        _compare(node["kv"], expected, "a node of the tree", start)
    return len(seen.rows)


def _namespace(seen: Observation, session: int) -> int:
    return next(each.namespace for each in seen.sessions if each.id == session)


def _path(nodes: dict[int, dict[str, Any]], node: dict[str, Any]) -> tuple[list[int], int]:
    """Return all tokens up to the end of a node, and how many come before it."""
    tokens, at = list(node["tokens"]), node
    while (at := nodes.get(at["parent"], {})) != {}:
        tokens[:0] = at["tokens"]
    return tokens, len(tokens) - len(node["tokens"])


def _compare(found: list[int], expected: list[int], owner: str, start: int = 0) -> None:
    wrong = [start + i for i, (a, b) in enumerate(zip(found, expected, strict=False)) if a != b]
    wrong += range(start + len(expected), start + len(found))
    if wrong:
        raise Difference(
            "committed_kv_is_that_of_the_tokens",
            f"KV at positions {wrong} of {owner} is not that of these tokens",
        )
