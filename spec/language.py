"""The few words a rule may use beyond plain Python, and what an interpreter must give them.

A rule is an ordinary function over a state `s`, a record of total maps. It is run as it stands by
the concrete interpreter (`spec.machine`) and by the Z3 interpreter (`proofs`). Plain `if`, `and`,
`or`, `not` and chained comparisons mean what they always mean. Not allowed in a rule, since
no symbolic value can take part in it: `is`, `try`, `while`, `range`, comprehensions over state, and
`if` or `return` inside a `span` loop.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, Generic, Literal, TypeVar, get_type_hints

K = TypeVar("K")
V = TypeVar("V")

NIL: Any = None
"""No one: what a map of identities holds until told otherwise. Nothing may be written at NIL."""


@dataclass(frozen=True)
class Atom:
    """A sort of identities that can only be compared: sessions, turns, rows, pages."""

    name: str
    letter: str


@dataclass(frozen=True)
class Number:
    """A sort of counts: `Index` counts pages, `Len` counts tokens, `Count` all else."""

    name: str
    letter: str


Index = Annotated[int, Number("Index", "i")]
Len = Annotated[int, Number("Len", "n")]
Count = Annotated[int, Number("Count", "k")]


class Map(Generic[K, V]):
    """A total map. Identities default to NIL, numbers to 0, flags to False."""

    def __getitem__(self, key: Any) -> V:
        """Read the cell of `key`: one identity or index, or a tuple of them."""
        raise NotImplementedError

    def __setitem__(self, key: Any, value: Any) -> None:
        """Write the cell of `key`, which must not be NIL."""
        raise NotImplementedError


class Ghost(Map[K, V]):
    """A map that only the spec has: it remembers what a property speaks of; no engine shows it."""


class Fixed(Generic[K, V]):
    """A map that is given with the world and never changes. What is known of it is `@given`."""

    def __getitem__(self, key: Any) -> V:
        """Read the cell of `key`: one identity or index, or a tuple of them."""
        raise NotImplementedError


class Words:
    """What an interpreter's state offers to the rules besides its maps."""

    def pages(self, n: Len) -> Index:
        """Return how many pages `n` tokens take: ceil(n / page_size)."""
        raise NotImplementedError

    def whole(self, n: Len) -> Index:
        """Return how many pages `n` tokens fill: floor(n / page_size)."""
        raise NotImplementedError

    def length(self, i: Index) -> Len:
        """Return how many tokens `i` whole pages hold: i * page_size."""
        raise NotImplementedError

    def least(self, a: Len, b: Len) -> Len:
        """Return the smaller of two lengths; `min` would tell which, and fork a symbolic path."""
        raise NotImplementedError

    def forall(self, *sorts_then_body: Any) -> bool:
        """`s.forall(Page, Index, lambda p, i: ...)`: true for every identity and index."""
        raise NotImplementedError

    def num(self, sort: Any) -> Index:
        """Return how many identities of `sort` there are."""
        raise NotImplementedError

    def count(self, sort: Any, fits: Callable[[Any], bool]) -> Count:
        """Return how many identities of `sort` fit."""
        raise NotImplementedError

    def total(self, sort: Any, number: Callable[[Any], Index]) -> Index:
        """Return the sum of a number of pages over all identities of `sort`."""
        raise NotImplementedError

    def first(self, lo: Index, hi: Index, fits: Callable[[Index], bool]) -> Index:
        """Return the first index in [lo, hi) that fits, or `hi` if none does; lo <= hi."""
        raise NotImplementedError

    def span(self, lo: Index, hi: Index) -> Iterator[Index]:
        """`for i in s.span(lo, hi)`: one parallel assignment for all indices lo <= i < hi."""
        raise NotImplementedError

    def choose(self, sort: Any, fits: Callable[[Any], bool]) -> Any:
        """Some identity that fits, as the implementation picks; none: the move has no room."""
        raise NotImplementedError

    def choose_each(
        self, lo: Index, hi: Index, sort: Any, fits: Callable[[Any], bool]
    ) -> Map[Index, Any]:
        """For each index lo <= i < hi another identity that fits, all different, or no room."""
        raise NotImplementedError

    def same_as(self, other: Any, *fields: str) -> bool:
        """Every cell of the named maps, or of all if none is named, equals the other state's."""
        raise NotImplementedError


class Forbidden(Exception):  # noqa: N818 - it is an answer of the guard, not an error
    """The guard of a move does not hold."""


class NoRoom(Exception):  # noqa: N818 - exhaustion is an ordinary case
    """A pool lacks what the move needs: no free row, not enough free pages."""


class Broken(AssertionError):  # noqa: N818 - named as the report reads
    """An `ensure` inside a rule failed: the machine did something that must never happen."""


def require(guard: bool) -> None:
    """State the guard of a move; raise Forbidden where it does not hold."""
    if not guard:
        raise Forbidden


def need(room: bool) -> None:
    """State what a pool must still have; raise NoRoom where it lacks it."""
    if not room:
        raise NoRoom


def ensure(fact: bool, words: str) -> None:
    """State what must be true at this point; it is proved, and raises Broken when run."""
    if not fact:
        raise Broken(words)


def implies(premise: bool, conclusion: bool) -> bool:
    """Logical implication. Both sides are evaluated, whatever the premise."""
    return conclusion if premise else True


Kind = Literal["request", "move"]


@dataclass(frozen=True, eq=False)
class Rule:
    """A named function over the state; the sorts of its parameters are its annotations."""

    run: Callable[..., Any]
    num_states: int = 1
    name: str = field(init=False)
    words: str = field(init=False)
    params: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        """Read name, sentence and parameter sorts off the function."""
        hints = get_type_hints(self.run, include_extras=True)
        every = list(inspect.signature(self.run).parameters.values())[self.num_states :]
        names = [each.name for each in every if each.kind is not each.KEYWORD_ONLY]
        for name, value in (
            ("name", self.run.__name__),
            ("words", inspect.cleandoc(self.run.__doc__ or "")),
            ("params", {n: hints[n] for n in names}),
        ):
            object.__setattr__(self, name, value)

    def __call__(self, *args: Any) -> Any:
        """Run the rule."""
        return self.run(*args)


@dataclass(frozen=True, eq=False)
class Action(Rule):
    """What may happen: a client's request, always answered, or a move of the scheduler, if allowed.

    Whoever drives chooses every parameter; what the implementation chooses is `s.choose`n inside.
    """

    kind: Kind = "move"


@dataclass(frozen=True, eq=False)
class Invariant(Rule):
    """True in every reachable state, for all values of its parameters; its docstring is its words.

    One object is proof obligation, check in exploration, oracle in lockstep and documentation.
    """


@dataclass(frozen=True, eq=False)
class Given(Rule):
    """What is known of the fixed maps: assumed by the proofs, tested on every small world."""


@dataclass(frozen=True, eq=False)
class Change(Rule):
    """What an action must leave alone, or must do: a property of the states before and after it.

    Its parameters range over everything. Those behind a `*` are the step's own: arguments of the
    action, by their names, and `answer`, what it returned.
    """

    actions: tuple[Action, ...] = ()
    own: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Read off the function what it wants to know of the step."""
        super().__post_init__()
        every = inspect.signature(self.run).parameters.values()
        own = tuple(each.name for each in every if each.kind is each.KEYWORD_ONLY)
        object.__setattr__(self, "own", own)

    def of_step(self, action: Action, args: Iterable[Any], answer: Any) -> Callable[..., bool]:
        """Return the property of one step, over what its parameters range over."""
        if not self.own:
            return self.run
        known = {**dict(zip(action.params, args, strict=True)), "answer": answer}
        return partial(self.run, **{name: known[name] for name in self.own})


@dataclass(frozen=True, eq=False)
class Sometimes(Rule):
    """A case that must be reachable: a property of an action's arguments just before it."""

    action: Action = None  # type: ignore[assignment] # always given by `sometimes`


def request(run: Callable[..., Any]) -> Action:
    """Declare what a client may ask."""
    return Action(run, kind="request")


def move(run: Callable[..., Any]) -> Action:
    """Declare what the scheduler may do."""
    return Action(run, kind="move")


def invariant(run: Callable[..., bool]) -> Invariant:
    """Declare what is always true."""
    return Invariant(run)


def given(run: Callable[..., bool]) -> Given:
    """Declare what is known of fixed maps."""
    return Given(run)


def after(*actions: Action) -> Callable[[Callable[..., bool]], Change]:
    """Declare a property of the states before and after the given actions."""
    return lambda run: Change(run, num_states=2, actions=actions)


def sometimes(action: Action) -> Callable[[Callable[..., bool]], Sometimes]:
    """Declare a case of `action` that must be reachable."""
    return lambda run: Sometimes(run, action=action)
