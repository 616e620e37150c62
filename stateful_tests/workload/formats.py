"""The two public formats of request traces, told apart by their fields, read into one shape.

Mooncake (FAST'25), milliseconds, blocks of 512 tokens:

    {"timestamp": 27482, "input_length": 6955, "output_length": 52, "hash_ids": [0, 46, 47, ...]}

Bailian (qwen-bailian-usagetraces-anon), seconds, blocks of 16 tokens, conversations named:

    {"chat_id": 159, "parent_chat_id": 55, "turn": 2, "timestamp": 61.1, "input_length": 521,
     "output_length": 132, "type": "text", "hash_ids": [1089, 1090, ...]}

In both, input_length counts the whole conversation so far, and equal hash ids mean equal content of
the block *and* of everything before it. Fields that are not named here are ignored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stateful_tests.workload.lines import Line, read_lines

MOONCAKE_BLOCK_SIZE = 512
NO_PARENT = -1


@dataclass(frozen=True, slots=True)
class Chat:
    """Where a request stands, if the format says so: its own id, and the one it goes on from."""

    id: int
    parent: int | None


@dataclass(frozen=True, slots=True)
class Request:
    """One request: when it arrived, how long it was, and what its input begins with."""

    arrival_ms: float  # since the start of the trace
    input_len: int  # the whole conversation so far
    output_len: int
    blocks: tuple[int, ...]  # ids of the input's full blocks; what is left over has none
    chat: Chat | None


def load_requests(path: Path) -> list[Request]:
    """Read a trace in either format, in the order of arrival. Raises WorkloadError."""
    lines = list(read_lines(path))
    read = _format(lines[0])
    return sorted(map(read, lines), key=lambda request: request.arrival_ms)


def _format(line: Line) -> Callable[[Line], Request]:
    """Tell the format by the fields of the first line."""
    if "chat_id" in line.values or "parent_chat_id" in line.values:
        return _bailian
    if "hash_ids" in line.values:
        return _mooncake
    raise line.wrong(
        "neither of the known formats; Mooncake requests have timestamp, input_length, "
        "output_length and hash_ids, and Bailian ones chat_id and parent_chat_id as well"
    )


def _mooncake(line: Line) -> Request:
    input_len, ids = line.length("input_length"), line.ids("hash_ids")
    num_full, size = input_len // MOONCAKE_BLOCK_SIZE, MOONCAKE_BLOCK_SIZE
    if not num_full <= len(ids) <= num_full + 1:
        raise line.wrong(
            f"hash_ids names {len(ids)} blocks of {size} tokens, and input_length is {input_len}"
        )
    return Request(
        line.time("timestamp"),
        input_len,
        line.length("output_length"),
        ids[:num_full],
        None,
    )


def _bailian(line: Line) -> Request:
    chat, parent = line.integer("chat_id"), line.integer("parent_chat_id")
    turn, blocks = line.length("turn"), line.ids("hash_ids")
    if parent == chat:
        raise line.wrong(f"chat {chat} is its own parent")
    if turn == 0:
        raise line.wrong("turn is 0, and turns are counted from 1")
    return Request(
        line.time("timestamp") * 1000,
        line.length("input_length"),
        line.length("output_length"),
        blocks,
        Chat(chat, None if parent == NO_PARENT else parent),
    )
