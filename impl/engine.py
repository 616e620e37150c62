"""The engine: clients ask; moves are performed singly (`apply`) or by its own policy (`step`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from time import monotonic

from impl.cache.allocator import PagedAllocator
from impl.cache.launches import Launches
from impl.cache.page_table import PageTable
from impl.cache.parts.full import FullPart
from impl.cache.parts.part import Part
from impl.cache.parts.recurrent import RecurrentPart
from impl.cache.parts.window import WindowPart
from impl.cache.radix_cache import RadixCache
from impl.cache.record import KVRecord
from impl.checked import checked_count, checked_tokens
from impl.config import EngineConfig
from impl.drafting.draft_model import DraftModel
from impl.drafting.drafter import Drafter, PromptLookup
from impl.failure import Failure
from impl.kernels.choice import Kernels
from impl.model.memory import Memory
from impl.model.runner import Runner
from impl.model.sampling import GREEDY, Sampling
from impl.model.transformer import Transformer
from impl.moves import Ended, Move
from impl.refused import Reason
from impl.scheduling.launcher import Launcher
from impl.scheduling.mechanism import Mechanism
from impl.scheduling.queues import Queues
from impl.scheduling.scheduler import Scheduler
from impl.scheduling.stepper import Stepper
from impl.self_check import SelfCheck
from impl.sessions.session import Session
from impl.sessions.session_cache import SessionCache
from impl.sessions.session_controller import SessionController
from impl.sessions.turn import Turn
from impl.sizes import Sizes
from impl.tokens import Tokens


class Engine:
    """Streaming sessions on one device.

    Requests return None, or raise Refused and change nothing. `moves` and `ended` grow until the
    caller clears them.
    """

    def __init__(
        self,
        config: EngineConfig,
        clock: Callable[[], float] = monotonic,
        drafter: Drafter | None = None,
    ) -> None:
        """Allocate pools and weights on the device of `config`; `clock` tells seconds."""
        self.config = config
        self.launches = Launches(config.device)
        self.allocator = PagedAllocator(config.num_pages, config.page_size, self.launches)
        self.kernels = Kernels(config.device, use_triton=config.use_triton)
        self.rows = PageTable(
            config.num_rows,
            config.max_len,
            config.page_size,
            config.device,
            self.kernels,
            self.launches,
        )
        self.tree = RadixCache(config.page_size)
        self.memory = Memory(config, self.kernels, self.launches)
        self.model = Transformer(config)
        self.cache = SessionCache(self.allocator, self.rows, self.tree, self._parts())
        self.controller = SessionController(self.cache, clock, config.session_timeout)
        self.queues = Queues(config, self.controller)
        self.runner = Runner(self.model, self.rows, self.memory)
        draft = config.draft_model
        self.draft_model = DraftModel(config, draft, self.rows, self.kernels) if draft else None
        drafter = drafter or self.draft_model or PromptLookup()
        self.launcher = Launcher(self.queues, self.runner, drafter, self.launches)
        self.self_check = SelfCheck(self.check_sizes, self.check, lambda: self.idle)
        remember = self.self_check.remember
        self.mechanism = Mechanism(self.queues, self.cache, self.launcher, remember)
        self.scheduler = Scheduler(config, self.queues, self.cache)
        self.stepper = Stepper(self.scheduler, self.mechanism)

    def _parts(self) -> list[Part]:
        """Return what the kinds of layers that the model has keep in the cache."""
        parts: list[Part] = [FullPart(self.allocator, self.rows, self.tree)]
        if self.memory.window:
            parts.append(WindowPart(self.memory.window, self.config.window))
        if self.memory.recurrents:
            parts.append(RecurrentPart(self.memory.recurrents, self.tree))
        return parts

    # -- what a client may ask

    def open(self, session: int, namespace: int = 0) -> None:
        """Begin a session whose KV is shared within its namespace only.

        Raises Refused: ALREADY_OPEN, and ValueError for what is no namespace from 0 on.
        """
        namespace = checked_count("namespace", namespace)
        self._asked("open", session, namespace)
        self.controller.open(session, namespace)

    def submit(
        self,
        session: int,
        turn: int,
        tokens: Sequence[int],
        max_new_tokens: int,
        *,
        replace: bool = False,
        drop_previous_output: bool = False,
        offset: int = 0,
        sampling: Sampling = GREEDY,
        priority: int = 0,
    ) -> None:
        """Add a turn: the last finished turn's tokens, `tokens`, and `max_new_tokens` of output.

        Output ends earlier at one of the stop tokens of `sampling`. A turn of a higher priority
        goes first, and one of a lower priority that runs goes back for it where room is short.
        A streaming session only appends: replace, drop_previous_output and a non-zero offset are
        refused. A turn that can never run is admitted, and turned away by the next step. Raises
        Refused, and ValueError for tokens and numbers that mean nothing (`checked`).
        """
        tokens, max_new_tokens = self._checked(tokens, max_new_tokens, sampling)
        asked = (
            (replace, Reason.REPLACE),
            (drop_previous_output, Reason.DROP_PREVIOUS_OUTPUT),
            (offset != 0, Reason.OFFSET),
        )
        edit = next((reason for is_asked, reason in asked if is_asked), None)
        self._asked(
            "submit", session, turn, f"{len(tokens)} tokens", max_new_tokens, edit or "append"
        )
        made = self.controller.submit(session, turn, tokens, max_new_tokens, edit, sampling)
        self.queues.enqueue(made, priority)

    def generate(
        self,
        session: int,
        turn: int,
        tokens: Sequence[int],
        max_new_tokens: int,
        namespace: int = 0,
        sampling: Sampling = GREEDY,
        priority: int = 0,
    ) -> None:
        """Make a plain request: a session of its own, which closes when its one turn ends.

        Raises Refused: ALREADY_OPEN, DUPLICATE_TURN, EMPTY_INPUT; and ValueError like `submit`.
        """
        tokens, max_new_tokens = self._checked(tokens, max_new_tokens, sampling)
        namespace = checked_count("namespace", namespace)
        self._asked("generate", session, turn, f"{len(tokens)} tokens", max_new_tokens, namespace)
        made = self.controller.generate(session, turn, tokens, max_new_tokens, namespace, sampling)
        self.queues.enqueue(made, priority)

    def abort(self, turn: int) -> None:
        """Ask for the end of a turn that waits or runs. Raises Refused: UNKNOWN_TURN."""
        self._asked("abort", turn)
        self.controller.abort(turn)

    def close(self, session: int) -> None:
        """End a session, at once or after its turn in flight. Raises Refused: UNKNOWN_SESSION."""
        self._asked("close", session)
        self.controller.close(session)

    def stay_silent(self, session: int) -> None:
        """Let a session's time-out pass without activity. Raises Refused: UNKNOWN_SESSION."""
        self._asked("stay_silent", session)
        self.controller.stay_silent(session)

    def _asked(self, name: str, *args: int | str) -> None:
        """Remember a request, refused or not, should a check fail later."""
        self.self_check.remember([Move(name, args)])

    def _checked(
        self, tokens: Sequence[int], max_new_tokens: int, sampling: Sampling
    ) -> tuple[Tokens, int]:
        size = self.config.model.vocab_size
        checked_tokens(sampling.stop, size)
        return checked_tokens(tokens, size), checked_count("max_new_tokens", max_new_tokens)

    # -- what the scheduler does

    def apply(self, move: Move) -> bool:
        """Perform exactly this move. False: no room or no row, and nothing changed.

        Raises AssertionError for a move that is impossible in this state, and ForwardFailed for one
        that cannot be computed: nothing has changed then, and it may be tried again.
        """
        return self.mechanism.apply(move)

    def fail(self, turn: int, failure: Failure) -> None:
        """End a running turn that cannot be computed: wipe the KV, keep the tokens, tell why."""
        self.stepper.fail(turn, failure)

    def step(self) -> None:
        """Schedule, launch, read, finish: end what must end, admit, make room, one forward pass.

        A turn that cannot be computed fails alone; nothing of it is raised. Raises CheckFailed for
        a mistake of the engine itself.
        """
        with self.self_check.step() if self.config.self_check else nullcontext():
            self.stepper.step()

    # -- what anyone may look at

    @property
    def sessions(self) -> dict[int, Session]:
        """Open sessions by id, those that are closing included."""
        return self.controller.sessions

    @property
    def turns(self) -> dict[int, Turn]:
        """Turns by id that wait, run, or are the last finished one of an open session."""
        return self.controller.turns

    @property
    def moves(self) -> list[Move]:
        """Moves performed since the caller last cleared this list."""
        return self.mechanism.moves

    @property
    def ended(self) -> list[Ended]:
        """Turns ended since the caller last cleared this list."""
        return self.queues.ended

    @property
    def draft_failures(self) -> list[Failure]:
        """What went wrong in the drafter since the caller last cleared this list."""
        return self.launcher.draft_failures

    @property
    def idle(self) -> bool:
        """Nothing waits and nothing runs."""
        return not self.queues.waiting and not self.queues.running

    @property
    def records(self) -> list[KVRecord]:
        """Every KV record, once: those of slots, and those of first turns that run."""
        slots = [session.slot for session in self.sessions.values()]
        borrowed = [turn.record for turn in self.queues.running]
        return list(dict.fromkeys(record for record in slots + borrowed if record))

    @property
    def sizes(self) -> Sizes:
        """Who holds how much of the pool, idle and busy."""
        return Sizes(
            self.allocator.available_size,
            self.tree.evictable_size,
            self.tree.protected_size,
            self.cache.session_held_size(self.sessions.values()),
            self.cache.uncached_size(self.queues.running),
        )

    def check(self) -> None:
        """Raise AssertionError, with the values, unless every structure is as it must always be."""
        self.controller.check()
        self.queues.check()
        self.cache.check(self.records)
        self.check_sizes()

    def check_sizes(self) -> None:
        """Raise AssertionError unless available, evictable ... add up to the pool."""
        size, sizes = self.config.page_size, self.sizes
        assert sizes.total == self.config.num_pages * size, (
            f"available + evictable + protected + session-held + uncached = total, in tokens: "
            f"{sizes} != {self.config.num_pages} pages of {size}"
        )
