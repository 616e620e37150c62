"""Abstract transitions: an action with its answer, and which of its facts hold just before it.

There are few enough that all that a small world reaches can be kept, and they mean the same in a
world of any size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from spec.language import NIL, Forbidden, NoRoom
from spec.machine.concrete import ConcreteState
from spec.machine.expand import Cells
from spec.machine.facts import facts_before
from spec.machine.rules import Rules
from spec.machine.trace import Step
from spec.machine.worlds import World

DONE = "done"
"""The answer of a move that happens."""
NO_ROOM = "no_room"
"""The answer of a move that finds no row or page, and leaves all as it is."""


class Abstract(NamedTuple):
    """An abstract transition."""

    action: str
    answer: str  # of a request; of a move DONE or NO_ROOM
    holds: str  # 1 or 0 for each fact of the action

    def __str__(self) -> str:
        """Return `action (answer): what holds; not what does not`."""
        answer = "" if self.answer == DONE else f" ({self.answer})"
        holds, others = self._facts("1") or "nothing of note", self._facts("0")
        return f"{self.action}{answer}: {holds}" + (f"; not {others}" if others else "")

    def _facts(self, digit: str) -> str:
        facts = zip(facts_before(self.action), self.holds, strict=True)
        return ", ".join(fact.sentence for fact, each in facts if each == digit)


def concerned(s: Any, names: Iterable[str], args: Iterable[Any]) -> dict[str, Any]:
    """Return what an action concerns, by the names that facts use, in any interpreter's state `s`.

    That is its arguments, by their `names`; the session of its turn, or the turn in flight of its
    session; and that turn's row, or the slot's.
    """
    known = dict(zip(names, args, strict=True))
    if "t" in known and "x" not in known:
        known["x"] = s.session[known["t"]]
    elif "x" in known and "t" not in known:
        known["t"] = s.in_flight[known["x"]]
    if "x" in known:
        row = s.row[known["t"]]
        known["r"] = row if row != NIL else s.slot[known["x"]]
    return known


def abstracted(s: ConcreteState, step: Step, answer: Any) -> Abstract:
    """Return what an action that is answered like this in `s` is an instance of."""
    name, args = step
    action = s.rules.actions[name]
    known = concerned(s, action.params, args)
    holds = (fact.run(s, *(known[each] for each in fact.params)) for fact in facts_before(name))
    told = str(answer) if action.kind == "request" or answer == NO_ROOM else DONE
    return Abstract(name, told, "".join("1" if each else "0" for each in holds))


def transitions(rules: Rules, world: World, cells: Cells) -> Iterator[Abstract]:
    """Generate the abstract transitions from one state, some of them many times."""
    state = ConcreteState.of(rules, world.size, cells)
    new = state.fork()
    for name, action in rules.actions.items():
        for args in world.arguments(state, name):
            try:
                answer = action.run(new, *args)
            except Forbidden:
                continue
            except NoRoom:
                answer = NO_ROOM
            yield abstracted(state, (name, args), answer)
            new.reset(state)
