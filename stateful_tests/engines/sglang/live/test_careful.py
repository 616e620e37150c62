"""What goes wrong in the log is never the server's trouble."""

from __future__ import annotations

from typing import Any

import pytest

from stateful_tests.engines.sglang.live.careful import CarefulJournal


def nothing(_args: Any, _named: Any) -> dict[str, Any]:
    """Tell nothing."""
    return {}


def broken(_args: Any, _named: Any) -> dict[str, Any]:
    """Fail, as on a release whose objects are others."""
    raise AttributeError("no such thing")


@pytest.mark.parametrize(("before", "after"), [(broken, nothing), (nothing, broken)])
def test_a_journal_that_fails_stops_and_the_server_goes_on(
    before: Any, after: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = CarefulJournal()
    doubled = journal.kept("doubled", lambda n: 2 * n, before, after)
    assert doubled(4) == 8
    assert not journal.listens
    assert "turnstile stops logging, the server goes on" in capsys.readouterr().err
    assert doubled(5) == 10
    assert len(journal.taken()) <= 1


def test_what_the_server_raises_passes_through() -> None:
    journal = CarefulJournal()

    def fails() -> None:
        raise MemoryError("the server's own")

    with pytest.raises(MemoryError, match="the server's own"):
        journal.kept("fails", fails, nothing, nothing)()
    assert journal.listens
    assert journal.depth == 0
    assert [entry["event"] for entry in journal.taken()] == ["fails"]


def test_nothing_more_is_done_after_a_failure() -> None:
    journal, done = CarefulJournal(), list[int]()
    journal.carefully(lambda: done.append(1))
    journal.listens = False
    journal.carefully(lambda: done.append(2))
    assert done == [1]
