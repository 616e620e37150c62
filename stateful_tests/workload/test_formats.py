"""Both public formats are read, and whatever is wrong with a file is said in one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stateful_tests.workload.formats import Chat, Request, load_requests
from stateful_tests.workload.lines import WorkloadError

MOONCAKE = {"timestamp": 7, "input_length": 1300, "output_length": 5, "hash_ids": [0, 1, 2]}
BAILIAN = {
    "chat_id": 159,
    "parent_chat_id": 55,
    "turn": 2,
    "timestamp": 61.5,
    "input_length": 40,
    "output_length": 3,
    "type": "text",
    "hash_ids": [8, 9, 10],
}


def written(folder: Path, *lines: dict[str, Any] | str | bytes) -> Path:
    """Write a file of the given lines."""
    file = folder / "requests.jsonl"
    texts = [line if isinstance(line, str | bytes) else json.dumps(line) for line in lines]
    file.write_bytes(b"\n".join(t if isinstance(t, bytes) else t.encode() for t in texts))
    return file


def test_a_mooncake_request_is_read(tmp_path: Path) -> None:
    assert load_requests(written(tmp_path, MOONCAKE)) == [Request(7, 1300, 5, (0, 1), None)]


def test_a_bailian_request_is_read(tmp_path: Path) -> None:
    (request,) = load_requests(written(tmp_path, BAILIAN))
    assert (request.arrival_ms, request.input_len, request.output_len) == (61_500, 40, 3)
    assert request.chat == Chat(159, 55)


def test_a_first_bailian_request_has_no_parent(tmp_path: Path) -> None:
    (request,) = load_requests(written(tmp_path, BAILIAN | {"parent_chat_id": -1}))
    assert request.chat == Chat(159, None)


def test_requests_come_in_the_order_of_arrival_and_blank_lines_are_left_out(tmp_path: Path) -> None:
    file = written(tmp_path, MOONCAKE | {"timestamp": 9}, "", MOONCAKE, " ")
    assert [request.arrival_ms for request in load_requests(file)] == [7, 9]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"timestamp": 7, "inp', "not JSON (Unterminated string starting at"),
        ("[" * 100_000, "not JSON that can be read (maximum recursion depth exceeded"),
        ("9" * 5_000, "not JSON that can be read (Exceeds the limit"),
        ("[1, 2]", "expected a JSON object, not [1, 2]."),
        ({"timestamp": 7}, "the field 'input_length' is missing."),
        (MOONCAKE | {"input_length": -3}, "input_length is -3, and a length cannot be negative."),
        (MOONCAKE | {"output_length": 1.5}, "output_length must be a whole number, not 1.5."),
        (MOONCAKE | {"output_length": True}, "output_length must be a whole number, not true."),
        (MOONCAKE | {"input_length": "x" * 90}, "input_length must be a whole number, not \"xxx"),
        (MOONCAKE | {"timestamp": "now"}, 'timestamp must be a number, not "now".'),
        (MOONCAKE | {"timestamp": -1}, "timestamp is -1, and a time is a number from 0 on."),
        (MOONCAKE | {"timestamp": float("nan")}, "timestamp is nan, and a time is a number"),
        (MOONCAKE | {"hash_ids": 3}, "hash_ids must be a list of whole numbers, not 3."),
        (MOONCAKE | {"hash_ids": [0, None]}, "hash_ids must hold whole numbers only, not null."),
        (MOONCAKE | {"hash_ids": [0]}, "hash_ids names 1 blocks of 512 tokens, and input_length"),
    ],
)  # fmt: skip
def test_a_bad_line_is_told_in_one_sentence_that_names_it(
    tmp_path: Path, line: dict[str, Any] | str, words: str
) -> None:
    file = written(tmp_path, MOONCAKE, line)
    with pytest.raises(WorkloadError) as error:
        load_requests(file)
    assert str(error.value).startswith(f"{file}, line 2: {words}")
    assert str(error.value).endswith(".")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({"chat_id": 1}, "the field 'parent_chat_id' is missing."),
        (BAILIAN | {"chat_id": None}, "chat_id must be a whole number, not null."),
        (BAILIAN | {"parent_chat_id": 159}, "chat 159 is its own parent."),
        (BAILIAN | {"turn": 0}, "turn is 0, and turns are counted from 1."),
        ({"prompt": "hello"}, "neither of the known formats; Mooncake requests have timestamp"),
    ],
)
def test_a_bad_line_of_the_other_format_is_told_as_well(
    tmp_path: Path, line: dict[str, Any], words: str
) -> None:
    file = written(tmp_path, line)
    with pytest.raises(WorkloadError) as error:
        load_requests(file)
    assert str(error.value).startswith(f"{file}, line 1: {words}")


def test_a_file_that_is_not_there_a_folder_an_empty_and_a_binary_file_are_told(
    tmp_path: Path,
) -> None:
    for path, words in (
        (tmp_path / "none", f"cannot read {tmp_path / 'none'}: No such file or directory."),
        (tmp_path, f"cannot read {tmp_path}: Is a directory."),
        (written(tmp_path, "", " "), "is empty; a trace of requests has one JSON object a line."),
    ):
        with pytest.raises(WorkloadError) as error:
            load_requests(path)
        assert words in str(error.value)
    with pytest.raises(WorkloadError, match="is not a text file; a trace of requests is JSON"):
        load_requests(written(tmp_path, b"\x80\x02\xff"))
