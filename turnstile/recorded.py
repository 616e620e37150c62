"""The part of a report that is a workload: recorded sessions, replayed in lockstep."""

from __future__ import annotations

from dataclasses import dataclass, field

from stateful_tests.workload.result import WorkloadResult
from turnstile.report import Part


@dataclass(kw_only=True)
class Workload(Part):
    """One replay of a file of requests."""

    file: str
    page_size: int
    scale: int
    abort_rate: float
    seed: int
    device: str
    sizes: dict[str, int]
    num_turns: int  # of all sessions that are to be replayed
    sessions: int = 0  # opened
    submitted: int = 0  # turns
    finished: int = 0
    aborted: dict[str, int] = field(default_factory=dict)  # turns without an answer, by reason
    moves: dict[str, int] = field(default_factory=dict)
    actions: int = 0  # steps and requests
    tokens_computed: int = 0
    tokens_output: int = 0
    peak_open: int = 0
    peak_pages: int = 0
    states_compared: int = 0
    sessions_compared: int = 0  # whose KV was compared with a dense run
    outputs_compared: int = 0
    complete: bool = False
    difference: str = ""

    def take(self, result: WorkloadResult) -> None:
        """Copy the figures of a replay."""
        for name in COPIED:
            setattr(self, name, getattr(result, name))
        self.aborted, self.moves = dict(result.aborted), dict(result.moves)

    @property
    def figures(self) -> str:
        """What was replayed, what was compared, and whether all pages came back."""
        counts = [
            f"{self.sessions:,} sessions",
            f"{self.submitted:,} turns ({self.finished:,} finished)",
            f"{self.tokens_computed:,} tokens computed",
            f"compared: {self.states_compared:,} states, {self.sessions_compared:,} sessions' KV, "
            f"{self.outputs_compared:,} outputs",
        ]
        if self.complete:
            counts.append("0 pages lost")
        return ", ".join(counts) + (
            f"; {self.difference.splitlines()[0]}" if self.difference else ""
        )


COPIED = (
    "sessions", "submitted", "finished", "actions", "tokens_computed", "tokens_output",
    "peak_open", "peak_pages", "states_compared", "sessions_compared", "outputs_compared",
    "complete",
)  # fmt: skip
"""Figures that mean the same in the replay's result."""
