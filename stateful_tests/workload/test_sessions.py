"""Which requests are turns of one session, in traces small enough to see it."""

from __future__ import annotations

from pathlib import Path

import pytest

from stateful_tests.workload.formats import Chat, Request
from stateful_tests.workload.lines import WorkloadError
from stateful_tests.workload.sessions import Turn, load_sessions, reconstruct


def said(at: float, input_len: int, output_len: int, *blocks: int) -> Request:
    """Return a Mooncake request."""
    return Request(at, input_len, output_len, blocks, None)


def chat(at: float, input_len: int, output_len: int, name: int, parent: int | None) -> Request:
    """Return a Bailian request."""
    return Request(at, input_len, output_len, (), Chat(name, parent))


def test_a_request_continues_the_one_whose_full_blocks_it_begins_with() -> None:
    first, second = said(0, 1100, 100, 0, 1), said(5, 1700, 10, 0, 1, 2)
    assert reconstruct([first, second]) == [[Turn(0, 1100, 100), Turn(5, 500, 10)]]


def test_the_longest_earlier_request_is_continued() -> None:
    requests = [said(0, 1100, 9, 0, 1), said(1, 1600, 9, 0, 1, 2), said(2, 2100, 9, 0, 1, 2, 3)]
    assert [len(session) for session in reconstruct(requests)] == [3]


def test_requests_that_share_only_the_system_prompt_are_different_sessions() -> None:
    requests = [said(0, 600, 9, 0), said(1, 1100, 9, 0, 1), said(2, 1100, 9, 0, 2)]
    assert [len(session) for session in reconstruct(requests)] == [1, 1, 1]


def test_of_two_that_continue_the_same_request_the_second_starts_a_session_of_its_own() -> None:
    requests = [said(0, 1100, 100, 0, 1), said(1, 1600, 9, 0, 1, 2), said(2, 1700, 9, 0, 1, 3)]
    first, second = reconstruct(requests)
    assert first == [Turn(0, 1100, 100), Turn(1, 400, 9)]
    assert second == [Turn(2, 1700, 9)]


def test_a_turn_adds_a_token_at_least() -> None:
    requests = [said(0, 1100, 500, 0, 1), said(1, 1200, 9, 0, 1)]
    assert reconstruct(requests)[0][1].new == 1


def test_chats_are_chained_by_their_parents() -> None:
    requests = [chat(0, 40, 3, 1, None), chat(1, 9, 1, 2, None), chat(2, 60, 4, 3, 1)]
    assert reconstruct(requests) == [[Turn(0, 40, 3), Turn(2, 17, 4)], [Turn(1, 9, 1)]]


def test_a_chat_whose_parent_is_taken_or_missing_starts_a_session_with_its_whole_input() -> None:
    requests = [chat(0, 40, 3, 1, None), chat(1, 50, 1, 2, 1), chat(2, 60, 4, 3, 1)]
    assert reconstruct(requests)[1] == [Turn(2, 60, 4)]
    assert reconstruct([chat(0, 60, 4, 3, 77)]) == [[Turn(0, 60, 4)]]


def test_the_sessions_that_start_first_are_loaded(tmp_path: Path) -> None:
    line = '{{"timestamp": {}, "input_length": 9, "output_length": 1, "hash_ids": [0]}}\n'
    file = tmp_path / "requests.jsonl"
    file.write_text("".join(line.format(at) for at in (30, 10, 20)))
    assert [session[0].arrival_ms for session in load_sessions(file, 2)] == [10, 20]
    with pytest.raises(WorkloadError):
        load_sessions(tmp_path / "none")
