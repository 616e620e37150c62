"""Which arguments a driver may draw, as `World.arguments` says, for states that are formulas.

`candidates` lists all that any state of the world can offer; `Offers` says in the language of the
rules, and so to every interpreter, in which states each of them is offered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product
from typing import Any

from spec.language import NIL
from spec.machine.worlds import Args, Ask, World
from spec.state import Edit, Session, Turn, Why

ONE_SESSION = ("close", "end_close", "stay_silent", "time_out", "reclaim")


def candidates(world: World, action: str) -> Iterable[Args]:
    """Return every tuple of arguments that some state may offer; atoms are plain numbers.

    No running turn has a length beyond one context and the lookahead: that is an invariant.
    """
    size = world.size
    sessions, turns = range(size.sessions), range(size.turns)
    lengths = range(size.context_len + size.lookahead + 1)
    if action in world.left_out:
        return ()
    match action:
        case "open":
            return product(sessions, range(size.namespaces))
        case "submit":
            return product(sessions, turns, *_asked(world))
        case "generate":
            asks = dict.fromkeys([(0, 0, 0), *world.asks] if world.refusals else world.asks)
            spaces = range(size.namespaces)
            every = product(sessions, turns, asks, spaces)
            return [(x, t, new, most, a, w) for x, t, (new, most, w), a in every]
        case "start":
            return product(turns, range(size.indices + 1) if "tree" in world.features else (0,))
        case "reserve" | "extend" | "slide" | "finish":
            return product(turns, lengths)
        case "verify":
            drafts = range(1, size.lookahead + 1)
            return [(t, n, k) for t in turns for n in drafts for k in range(n + 1)]
        case "pre_abort":
            return product(turns, Why)
        case "evict":
            return [(c,) for c in size.all_texts.prefixes]
        case name if name in ONE_SESSION:
            return [(x,) for x in sessions]
        case _:
            return [(t,) for t in turns]


def _asked(world: World) -> list[Iterable[Any]]:
    """Return the values that each of new, max_new, edit and text of a `submit` may have."""
    new, most, texts = ({ask[i] for ask in world.asks} for i in range(3))
    if not world.refusals:
        return [sorted(new), sorted(most), [Edit.APPEND], sorted(texts | {0})]
    return [sorted(new | {0, 1}), sorted(most | {0}), list(Edit), sorted(texts | {0})]


class Offers:
    """When a state of `world` offers given arguments. Each method is named after its action."""

    def __init__(self, world: World) -> None:
        self.world, self.size = world, world.size

    def __call__(self, s: Any, action: str, args: Args) -> Any:
        """Return whether `s` offers `args`: atoms as the interpreter of `s` takes them."""
        if action in ONE_SESSION:
            return True
        offered: Callable[..., Any] = getattr(self, action, self._in_flight)
        return offered(s, *args)

    def open(self, s: Any, x: Any, namespace: Any) -> Any:  # noqa: ARG002
        """Always."""
        return True

    def submit(
        self, s: Any, x: Any, t: Any, new: int, most: int, edit: Edit, text: Any
    ) -> Any:  # fmt: skip
        """Offer what clients ask for where it is accepted, and each refusal once."""
        ask, appends, refuses = (new, most, raw(text)), edit == Edit.APPEND, self.world.refusals
        if self._known(s, t):
            return refuses and appends and ask == (1, 0, 0) and s.session[t] == x
        if not self._fresh(s, t):
            return False
        if refuses and ask == ((0, 0, 0) if appends else (1, 0, 0)):
            return True
        if not appends:
            return False
        if s.in_flight[x] == NIL and not s.closing[x] and s.opened[x]:
            return ask in self._asks(s.req_nodes[x] == NIL)
        return refuses and ask == (1, 0, 0)

    def _asks(self, first: Any) -> Iterable[Ask]:
        """Return what is asked; what a later turn says makes no difference."""
        return self.world.asks if first else [(new, most, 0) for new, most, _ in self.world.asks]

    def generate(
        self, s: Any, x: Any, t: Any, new: int, most: int, namespace: Any, text: Any
    ) -> Any:  # fmt: skip
        """Offer the first unknown turn to the first session that is not open."""
        if not self._fresh(s, t) or s.opened[x]:
            return False
        if not s.forall(Session, lambda y: s.opened[y] or raw(x) <= raw(y)):
            return False
        ask = (new, most, raw(text))
        return ask in self.world.asks or (self.world.refusals and raw(namespace) == 0)

    def abort(self, s: Any, t: Any) -> Any:
        """Offer every known turn, and an unknown one."""
        return self._known(s, t) or (self.world.refusals and self._fresh(s, t))

    def start(self, s: Any, t: Any, hit: int) -> Any:
        """Offer every number of whole pages of the first prompt."""
        return self._waiting(s, t) and hit <= s.whole(s.text_len[s.session[t]])

    def reserve(self, s: Any, t: Any, upto: int) -> Any:
        """Offer every length, or by `chunk` a few."""
        first, known = s.allocated[s.row[t]] + 1, s.tokens[t]
        last = s.least(known, s.limit[t]) + self.size.lookahead
        if not self._running(s, t) or not first <= upto <= last:
            return False
        if self.world.chunk is None or upto == last:
            return True
        if upto == s.least(first + (self.world.chunk - 1), last):
            return True
        least = s.least(known, last)
        return upto == least if first <= least else upto == first

    def extend(self, s: Any, t: Any, upto: int) -> Any:
        """Offer every length, or by `chunk` only all that is reserved."""
        first, last = s.launched[s.row[t]] + 1, s.least(s.allocated[s.row[t]], s.tokens[t])
        if not self._running(s, t) or not first <= upto <= last:
            return False
        return self.world.chunk is None or upto == last

    def verify(self, s: Any, t: Any, drafts: int, accepted: int) -> Any:  # noqa: ARG002
        """Offer every number of drafts."""
        return self._running(s, t)

    def slide(self, s: Any, t: Any, upto: int) -> Any:
        """Offer whole pages before the window."""
        far = upto - s.cursor[s.row[t]]
        return (
            self._running(s, t)
            and far >= self.size.page_size
            and s.length(s.whole(far)) == far
            and upto <= s.committed[s.row[t]] - self.size.window
        )

    def finish(self, s: Any, t: Any, n: int) -> Any:
        """Offer what speculation and overlap may trim to."""
        return (
            self._running(s, t)
            and s.prompt[t] <= n
            and s.tokens[t] - self.size.lookahead <= n
            and n <= s.least(s.tokens[t], s.limit[t])
        )

    def pre_abort(self, s: Any, t: Any, why: Why) -> Any:  # noqa: ARG002
        """Offer every reason."""
        return self._waiting(s, t)

    def evict(self, s: Any, c: Any) -> Any:
        """Offer what is cached."""
        return s.cached[c] != NIL

    def _in_flight(self, s: Any, t: Any) -> Any:
        return not s.forall(Session, lambda x: s.in_flight[x] != t)

    def _waiting(self, s: Any, t: Any) -> Any:
        return s.row[t] == NIL and self._in_flight(s, t)

    def _running(self, s: Any, t: Any) -> Any:
        return s.row[t] != NIL

    def _known(self, s: Any, t: Any) -> Any:
        return s.session[t] != NIL

    def _fresh(self, s: Any, t: Any) -> Any:
        """Turn ids are interchangeable while nobody knows them: offer the first unknown one."""
        if s.session[t] != NIL:
            return False
        return s.forall(Turn, lambda u: s.session[u] != NIL or raw(t) <= raw(u))


def raw(atom: Any) -> int:
    """Return the number of an identity that is given as an argument."""
    return atom if isinstance(atom, int) else int(atom.node.args[0]) - 1
