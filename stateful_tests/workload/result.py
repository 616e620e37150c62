"""What came of a workload: counts that are valid at any time, also when it was interrupted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from stateful_tests.difference import Difference
from stateful_tests.workload.plan import Plan


@dataclass
class WorkloadResult:
    """Figures of one replay."""

    plan: Plan
    sessions: int = 0  # opened
    submitted: int = 0  # turns
    finished: int = 0
    aborted: Counter[str] = field(default_factory=Counter)  # turns that got no answer, by reason
    moves: Counter[str] = field(default_factory=Counter)  # by name
    steps: int = 0
    actions: int = 0  # steps and requests
    tokens_computed: int = 0  # whose KV was computed, again after a retract or an abort
    tokens_output: int = 0  # of finished turns
    peak_open: int = 0  # sessions open at once
    peak_pages: int = 0  # pages held at once
    late_aborts: int = 0  # that came when their turn had ended
    states_compared: int = 0  # comparisons of all of spec and engine
    sessions_compared: int = 0  # whose KV was compared with a dense run
    outputs_compared: int = 0  # of finished turns, with dense runs
    seconds: float = 0.0
    complete: bool = False  # every turn was submitted and ended, every session closed
    difference: Difference | None = None

    @property
    def retracts(self) -> int:
        """Turns whose memory was taken back while they ran."""
        return self.moves["retract"]

    @property
    def chunks(self) -> int:
        """Chunks of prompts that were computed."""
        return self.moves["extend"]

    @property
    def deferred_closes(self) -> int:
        """Closes that waited for a turn in flight to end."""
        return self.moves["end_close"]
