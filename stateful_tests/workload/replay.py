"""A workload in lockstep: recorded sessions on the engine, the spec beside it at every step."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from spec.machine.trace import STEP, Step
from stateful_tests.difference import Difference
from stateful_tests.engines.reference.engine import ReferenceEngine
from stateful_tests.lockstep import Lockstep, Pace
from stateful_tests.setting import Setting
from stateful_tests.workload.clients import Clients
from stateful_tests.workload.plan import SCALE, Plan
from stateful_tests.workload.result import WorkloadResult
from stateful_tests.workload.sessions import Session

COMPARE_EVERY = 50
"""Actions between two comparisons of the whole state and of the engine's structures."""
OUTPUTS_EVERY = 10
"""Of so many finished turns, one's output is compared with a dense run."""
TREE = ("cached", "node", "windowed")
"""What may be left when all sessions are closed."""
SESSIONS_EACH = 2
"""Sessions and nodes of the tree whose KV is compared with dense runs each time."""


MakeReference = Callable[[Setting, int | None], ReferenceEngine]


class Replay:
    """One plan, replayed. `result` is up to date whenever `run` ends, also by KeyboardInterrupt."""

    def __init__(self, plan: Plan, make: MakeReference = ReferenceEngine) -> None:
        self.engine = make(plan.setting, SESSIONS_EACH)
        pace = Pace(COMPARE_EVERY, OUTPUTS_EVERY)
        self.lockstep = Lockstep(plan.setting, lambda _: self.engine, pace)
        self.clients = Clients(plan.asks, most_open=plan.setting.size.rows)
        self.result = WorkloadResult(plan)

    def run(
        self,
        seconds: float | None = None,
        progress: Callable[[WorkloadResult], None] | None = None,
    ) -> WorkloadResult:
        """Replay until all is done, something differs, or time is up; `progress` sees each step."""
        started, now = time.perf_counter(), 0
        result = self.result
        try:
            while not self.clients.are_done:
                if seconds is not None and result.seconds > seconds:
                    return result
                now = self._act(now)
                result.seconds = time.perf_counter() - started
                if progress:
                    progress(result)
            self.lockstep.compare()
            self._check_all_is_free()
            result.complete = True
        except Difference as difference:
            result.difference = difference
        finally:
            self._count()
            result.seconds = time.perf_counter() - started
        return result

    def _act(self, now: int) -> int:
        """Make the requests of step `now`, and take it; return the next step with work."""
        for request in self.clients.requests(now):
            self._do(request)
        if self.lockstep.engine.idle:
            return max(now + 1, int(self.clients.next_step or 0))
        self._do((STEP, ()))
        for end in self.lockstep.last_ended:
            self.clients.ended(end)
        return now + 1

    def _do(self, step: Step) -> None:
        """Perform an action on both sides, and count what came of it."""
        lockstep, result = self.lockstep, self.result
        lockstep.do(step)
        result.actions += 1
        result.steps += step[0] == STEP
        result.sessions += step[0] == "open"
        result.submitted += step[0] == "submit"
        for end in lockstep.last_ended:
            if end.outcome == "finished":
                result.finished += 1
                result.tokens_output += len(end.output)
            else:
                result.aborted[end.reason] += 1
        self._count()

    def _count(self) -> None:
        lockstep, result = self.lockstep, self.result
        result.moves = lockstep.taken
        result.tokens_computed = lockstep.num_computed
        result.peak_open = self.clients.peak_open
        held = len(lockstep.state.owner.cells) + len(lockstep.state.node.cells)
        result.peak_pages = max(result.peak_pages, held)
        result.late_aborts = self.clients.num_late_aborts
        result.states_compared = lockstep.num_compared
        result.sessions_compared = lockstep.num_sessions
        result.outputs_compared = lockstep.num_outputs

    def _check_all_is_free(self) -> None:
        """Raise Difference unless all is as empty as it began, but for a tree that nobody reads."""
        engine, steps = self.engine.inner, self.lockstep.steps
        size, num_rows = engine.config.page_size, engine.config.num_rows
        pages = (engine.sizes.available + engine.sizes.evictable) // size
        rows = len(engine.rows.free_rows)
        if (pages, rows) != (engine.config.num_pages, num_rows):
            detail = f"{pages} of {engine.config.num_pages} pages are free or evictable and {rows} "
            detail += f"of {num_rows} rows are free after the last close"
            raise Difference("nothing_is_lost_in_the_end", detail, steps=list(steps))
        state = self.lockstep.state
        if left := [f for f in state.rules.fields if f not in TREE and getattr(state, f).cells]:
            detail = f"the spec's state is not empty after the last close: {', '.join(left)}"
            raise Difference("nothing_is_lost_in_the_end", detail, steps=list(steps))


def replay_workload(
    sessions: Sequence[Session],
    page_size: int = 16,
    scale: int = SCALE,
    abort_rate: float = 0.05,
    seed: int = 0,
    device: str = "cpu",
    seconds: float | None = None,
    progress: Callable[[WorkloadResult], None] | None = None,
) -> WorkloadResult:
    """Plan and replay `sessions`. To keep the figures of an interrupted run, use `Replay`."""
    plan = Plan.of(sessions, page_size, scale, abort_rate, seed, device)
    return Replay(plan).run(seconds, progress)
