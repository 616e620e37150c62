"""What led to a failure: the rarest request of its trace, told so that its like can be left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any, NamedTuple

from spec.machine.abstract import Abstract, abstracted
from spec.machine.concrete import ConcreteState
from spec.machine.trace import Step
from spec.state import Answer
from stateful_tests.engines.contender import Contender
from stateful_tests.lockstep import SUBMITS, Avoid, prompt_len
from stateful_tests.run import Failure, MakeLockstep, taken

EITHER = "*"
"""In the place of what may hold or not."""

COMMON, OFTEN = 0.02, 20
"""The share of all requests, and how many, from which on a kind is too common to be left out."""


class Culprit(NamedTuple):
    """A kind of request: its abstract transition, and what of its arguments matters."""

    request: Abstract
    asked: str  # of a turn that is taken: is it too long, another tenant's?

    def joined(self, other: Culprit) -> Culprit:
        """Return the narrowest kind that has in it this one and another of the same action."""
        request = self.request._replace(holds=_alike(self.request.holds, other.request.holds))
        return Culprit(request, _alike(self.asked, other.asked))

    def covers(self, other: Culprit) -> bool:
        """Whether another is of this kind."""
        if self.request[:2] != other.request[:2]:
            return False
        pairs = zip(self.request.holds + self.asked, other.request.holds + other.asked, strict=True)
        return all(a in (b, EITHER) for a, b in pairs)


def _alike(these: str, those: str) -> str:
    return "".join(a if a == b else EITHER for a, b in zip(these, those, strict=True))


def of_request(state: ConcreteState, step: Step, answer: Any) -> Culprit:
    """Return the kind of a request in a state of the spec."""
    name, args = step
    asked = ""
    if name in SUBMITS and answer == Answer.OK:
        x, _, _, max_new, how, _ = args  # how: the edit, or the namespace
        namespace = state.namespace[x] if name == "submit" else how
        facts = prompt_len(state, step) + max_new > state.size.context_len, namespace
        asked = "".join("1" if each else "0" for each in facts)
    return Culprit(abstracted(state, step, answer), asked)


class Requests:
    """How often each kind of request was made. What fails is led to by one that is rare."""

    def __init__(self) -> None:
        self.made = Counter[Culprit]()

    def saw(self, state: ConcreteState, step: Step, answer: Any) -> None:
        """Count an action that the spec took, if it is a request."""
        if step[0] in state.rules.requests:
            self.made[of_request(state, step, answer)] += 1

    def culprit(self, failure: Failure, make: MakeLockstep) -> Culprit | None:
        """Return the rarest request of a minimal trace, the last of them; None if all are common.

        A failing run that is cut down keeps what every run has, as well: sessions, turns.
        """
        kinds = [
            of_request(state, step, answer)
            for state, step, answer in taken(failure, make)
            if step[0] in state.rules.requests
        ]
        rarest = min(reversed(kinds), key=lambda kind: self.made[kind], default=None)
        return None if rarest is None or self._is_common(rarest) else rarest

    def widened(self, kinds: Iterable[Culprit]) -> list[Culprit]:
        """Join kinds of the same action, as long as none that is common is among them."""
        common = [kind for kind in self.made if self._is_common(kind)]
        wide = list[Culprit]()
        for kind in kinds:
            for i, other in enumerate(wide):
                if kind.request[:2] != other.request[:2]:
                    continue
                both = kind.joined(other)
                if not any(both.covers(each) for each in common):
                    wide[i] = both
                    break
            else:
                wide.append(kind)
        return wide

    def _is_common(self, kind: Culprit) -> bool:
        return self.made[kind] >= max(OFTEN, COMMON * self.made.total())


def leaving_out(contender: Contender, kinds: Collection[Culprit]) -> Contender:
    """Return the engine, not asked for these requests, nor for what it is not asked for anyway."""
    known, names = contender.drawn.avoided, {kind.request.action for kind in kinds}

    def avoided(state: ConcreteState, step: Step) -> bool:
        if known and known(state, step):
            return True
        if step[0] not in names:
            return False
        name, args = step
        answer = state.rules.requests[name].run(state.fork(), *args)
        met = of_request(state, step, answer)
        return any(kind.covers(met) for kind in kinds)

    avoid: Avoid = avoided
    return replace(contender, drawn=replace(contender.drawn, avoided=avoid))
