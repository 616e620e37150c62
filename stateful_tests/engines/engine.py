"""What an engine must offer to be judged: requests in; answers, moves and an observation out.

An adapter is one class, derived from `Engine`: abstract is what each must have, and what has a body
may be left out. Identities of sessions, turns and namespaces are the driver's numbers, rows and
pages the engine's own; no driver names those. `docs/adapters.md` shows how to write one, with a
complete small engine as the example.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from spec.machine.trace import Point, Step, show
from stateful_tests.engines.histories import Histories
from stateful_tests.engines.observation import Observation
from stateful_tests.setting import Setting

OK = "ok"
REFUSED = "refused"
"""An answer of an engine that gives its reasons in prose: whatever the spec's reason is."""

UNSAID = None
"""The answer of an engine that does not answer such a request at all."""


class NotOffered(Exception):  # noqa: N818 - a limit of an adapter, not a fault of an engine
    """An engine is asked for what its adapter leaves out: the driver should not have asked."""


class Faulted(Exception):  # noqa: N818 - an injected fault, not the engine's own
    """A single move met a fault that was injected, and nothing has changed."""


@dataclass(frozen=True)
class Ended:
    """The answer to one turn: its output tokens, or why there are none."""

    turn: int
    session: int
    outcome: Literal["finished", "aborted"]
    reason: str  # "" when finished
    output: tuple[int, ...]  # empty when aborted


@dataclass
class Taken:
    """What an engine did since it was last asked, in order.

    A move is named and has the arguments that the spec's text has, but for `evict`: it names its
    page by what it says, a namespace and all tokens up to the page's end. Where an engine ends a
    running turn of itself, since it failed, it reports that it asks itself for an `abort` first.
    """

    moves: list[Step] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)


class Engine(Protocol):
    """An engine beside the spec. What goes wrong inside it is raised, and becomes a Difference."""

    vocab_size: int
    """Token ids are below it."""

    steers: bool = False
    """Whether `apply` makes single moves; an engine that does not is driven by `step` alone."""

    patience: int = 0
    """Steps in which a busy engine may do nothing, or leave a close pending that is due: 0 for one
    that always does something, and closes at once."""

    stirred: bool = False
    """Whether the last step ended a request that is no turn, and of which no move tells."""

    shares_more: bool = False
    """Whether its tree also holds what follows first prompts, of which the spec does not speak."""

    points: tuple[Point, ...] = ()
    """Where faults can be injected into it."""

    @property
    @abstractmethod
    def idle(self) -> bool:
        """Whether no turn waits or runs, and no result is unread."""

    # -- requests are answered: OK, a reason of the spec's, REFUSED or UNSAID

    @abstractmethod
    def open(self, session: int, namespace: int) -> str | None:
        """Begin a session."""

    @abstractmethod
    def submit(
        self, session: int, turn: int, tokens: Sequence[int], max_new: int, edit: str
    ) -> str | None:
        """Add a turn that appends `tokens`, or asks for another `edit` of the history."""

    def generate(
        self,
        session: int,
        turn: int,
        tokens: Sequence[int],  # noqa: ARG002 - of the protocol, as those after it
        max_new: int,  # noqa: ARG002
        namespace: int,  # noqa: ARG002
    ) -> str | None:
        """Make a plain request: `session` is its own, and nothing but its name."""
        raise NotOffered(f"turn {turn}, as plain request {session}")

    @abstractmethod
    def abort(self, turn: int) -> str | None:
        """Ask for the end of a turn."""

    @abstractmethod
    def close(self, session: int) -> str | None:
        """End a session, at once or after its turn in flight."""

    def stay_silent(self, session: int) -> str | None:
        """Let a session's time-out pass without activity."""
        raise NotOffered(f"a time-out of session {session}")

    def granted(self, prompt_len: int, max_new: int) -> int:  # noqa: ARG002 - some depend on it
        """Return how much output a turn may have that asks for `max_new`."""
        return max_new

    # -- what it does

    @abstractmethod
    def step(self) -> None:
        """Let the engine's own scheduler choose and perform its next batch."""

    def apply(self, move: Step) -> bool:
        """Make one move of the spec's; return False if there is no room. Raises Faulted."""
        raise NotOffered(f"the single move {show(move)}")

    def fault(self, turn: int, point: Point) -> None:
        """Let whatever computes for `turn` fail at this point, until the turn ends."""
        raise NotOffered(f"a fault of turn {turn}: {point}")

    @abstractmethod
    def taken(self) -> Taken:
        """Return what was done since this was last asked, and forget it."""

    # -- what is seen of it

    @abstractmethod
    def observe(self) -> Observation:
        """Return the whole state between two actions. It reads, it never repairs.

        The very object that was returned before stands for a state in which nothing has changed.
        """

    def check(self) -> None:
        """Raise what the engine itself finds wrong with its structures."""
        return

    @abstractmethod
    def check_output(self, turn: int, prompt_len: int, tokens: list[int], namespace: int) -> None:
        """Raise Difference unless the model says just this output after its prompt."""

    @abstractmethod
    def check_contents(self, histories: Histories) -> int:
        """Raise Difference unless KV is that of the tokens; return for how many sessions."""


MakeEngine = Callable[[Setting], Engine]
"""Makes a new engine for one run. Raise ValueError for a setting that cannot work."""
