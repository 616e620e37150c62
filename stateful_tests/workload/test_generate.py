"""The sample is what the generator writes, and has the shape of a real trace."""

from __future__ import annotations

from stateful_tests.workload.generate import NUM_SESSIONS, SAMPLE, generate
from stateful_tests.workload.sessions import load_sessions


def test_the_sample_is_what_the_generator_writes() -> None:
    assert SAMPLE.read_text(encoding="utf-8") == generate(), (
        "run python -m stateful_tests.workload.generate"
    )


def test_the_sample_is_small_and_all_its_sessions_are_found_again() -> None:
    assert SAMPLE.stat().st_size < 60_000
    sessions = load_sessions(SAMPLE)
    assert len(sessions) == NUM_SESSIONS
    assert max(map(len, sessions)) > 5
    assert sum(len(session) == 1 for session in sessions) > NUM_SESSIONS // 3


def test_another_seed_gives_another_trace() -> None:
    assert generate(seed=1) != generate(seed=2)
