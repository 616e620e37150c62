"""Sums over all identities of a sort: unknown numbers before an action, changed by deltas after it.

The sum of a body over a sort of any size is a number of which only that it is the same wherever the
same body is summed is known, and, where no summand is negative, that it is at least each of them.
An action changes the summands of few identities: those that it writes, and those that its loops
write. So the sum after it is the sum before plus what these changed. That no other summand changed,
and that a loop changed each of its own by the same amount and none twice, are goals to be proved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

import z3

from proofs.declared import Declared, name_of
from proofs.logic import FALSE, Fact, NotInTheLanguage, conjunction, mentions
from proofs.loops import Loop
from proofs.paths import Forks, Path, Write
from proofs.values import Sum, SumBody

Goal = tuple[tuple[z3.BoolRef, ...], z3.BoolRef]  # what is given, and what must follow


@dataclass(frozen=True)
class Template:
    """The sum of a body in the state before, as a function of the rule's parameters."""

    variables: tuple[Any, ...]
    body: SumBody
    total: Any

    def at(self, terms: tuple[Any, ...]) -> tuple[SumBody, Any]:
        """Return the body and its sum for the given parameters."""
        pairs = list(zip(self.variables, terms, strict=True))
        body = SumBody(
            self.body.sort,
            self.body.variable,
            z3.substitute(self.body.term, *pairs),
            self.body.is_natural,
        )
        return body, z3.substitute(self.total, *pairs)


@dataclass
class Context:
    """Whose sums are being evaluated: a rule's, of the state before or after a path."""

    rule: str
    variables: tuple[Any, ...]
    sorts: tuple[Any, ...]
    after: Path | None = None
    proves: Callable[[Goal], bool] | None = None
    goals: list[Goal] = field(default_factory=list)  # on which the evaluation relies
    given: list[z3.BoolRef] = field(default_factory=list)  # what is known of unknown changes
    deltas: dict[int, Any] = field(default_factory=dict)  # by body


class Sums:
    """The sums that the rules speak of."""

    def __init__(
        self, forks: Forks, declared: Declared, sizes: Callable[[Any], int] | None
    ) -> None:
        """With `sizes`, in a small world: sums are written out."""
        self._forks, self._declared, self._sizes = forks, declared, sizes
        self.context: Context | None = None
        self.facts: list[Fact] = []  # about the sums before an action
        self._templates: dict[tuple[str, str], Template] = {}
        self._unknown: dict[tuple[str, int], Any] = {}  # sums before an action, by body

    @contextmanager
    def of(self, context: Context) -> Iterator[None]:
        """Evaluate sums as those of `context`."""
        self.context = context
        try:
            yield
        finally:
            self.context = None

    def over(self, sort: Any, summand: Callable[[Any], Any], is_natural: bool) -> Sum:
        """Return the sum of `summand`, a term for a term, over `sort`."""
        variable = z3.Const(f"each {name_of(sort)}", self._declared.sort(sort))
        body = SumBody(sort, variable, z3.simplify(summand(variable)), is_natural)
        return Sum(self._forks, z3.IntVal(0), {name_of(sort): body}, self._evaluate)

    def num(self, sort: Any) -> Any:
        """Return how many identities of `sort` there are."""
        if self._sizes:
            return z3.IntVal(self._sizes(sort))
        return z3.Int(f"num {name_of(sort)}")

    def _evaluate(self, total: Sum) -> Any:
        return total.number + z3.Sum([self._sum(body) for body in total.bodies.values()])

    def _sum(self, body: SumBody) -> Any:
        body = SumBody(body.sort, body.variable, z3.simplify(body.term), body.is_natural)
        if z3.is_int_value(body.term):
            return body.term * self.num(body.sort)
        if self._sizes:
            members = self._declared.members[name_of(body.sort)].values()
            return z3.Sum([body.at(member) for member in members])
        if self.context and self.context.after:
            return self._after(self.context, body)
        return self._before(body)

    # -- before an action --------------------------------------------------------------------------

    def _before(self, body: SumBody) -> Any:
        """Return the same unknown number wherever the same body is summed."""
        context = self.context or Context("", (), ())
        key = (name_of(body.sort), body.term.get_id())
        if key not in self._unknown:
            used = [mentions(body.term, v) for v in context.variables]
            variables = tuple(compress(context.variables, used))
            name = f"sum {len(self._unknown)}"
            domain = [v.sort() for v in variables]
            total = z3.Function(name, *domain, z3.IntSort())(*variables)
            self._unknown[key] = total, body  # an id is taken again once its term is gone
            self._note(body, total, variables, tuple(compress(context.sorts, used)))
        total = self._unknown[key][0]
        self._templates[context.rule, name_of(body.sort)] = Template(context.variables, body, total)
        return total

    def _note(
        self, body: SumBody, total: Any, variables: tuple[Any, ...], sorts: tuple[Any, ...]
    ) -> None:
        """Note what is known of a sum: it is at least each summand, if none is negative."""
        if body.is_natural:
            at_least = total >= body.term
            self.facts.append(Fact((*sorts, body.sort), (*variables, body.variable), at_least))
            self.facts.append(Fact(sorts, variables, total >= 0))

    # -- after an action ---------------------------------------------------------------------------

    def _after(self, context: Context, body: SumBody) -> Any:
        template = self._templates.get((context.rule, name_of(body.sort)))
        if template is None:
            raise NotInTheLanguage(
                f"{context.rule} sums something else after an action than before"
            )
        old, total = template.at(context.variables)
        key = body.term.get_id()
        if key not in context.deltas:
            context.deltas[key] = Delta(self._declared, self._forks, context, old, body)
        return total + context.deltas[key].term


class Delta:
    """How much an action changes one sum."""

    def __init__(
        self, declared: Declared, forks: Forks, context: Context, old: SumBody, new: SumBody
    ) -> None:
        self._declared, self._forks, self._context = declared, forks, context
        self._old, self._new = old, new
        self._nil = declared.nil(old.sort)
        assert context.after
        self._path = context.after
        self.term = self._changed()

    def _changed(self) -> Any:
        loops = self._loops()
        for each in loops[::-1]:
            others = [other for other in loops if other is not each]
            if self._leaves_alone(each, others):
                loops = others
        singles = self._singles()
        terms = [self._loop_change(each) for each in loops]
        for i, key in enumerate(singles):
            fresh = [key != other for other in singles[:i]]
            fresh += [z3.Not(each.hits(key)) for each in loops]
            fresh.append(key != self._nil)
            terms.append(z3.If(conjunction(fresh), self._change(key), z3.IntVal(0)))
        self._goal(self._others_are_unchanged(singles, loops))
        for i, each in enumerate(loops):
            self._goal(each.once(self._forks))
            for other in loops[:i]:
                self._goal(each.apart_from(other, self._forks))
        return z3.Sum(terms) if terms else z3.IntVal(0)

    def _change(self, identity: Any) -> Any:
        return self._new.at(identity) - self._old.at(identity)

    def _singles(self) -> list[Any]:
        """Return the identities of this sort that the path wrote something of, outside of loops."""
        keys = [
            key
            for write in self._path.writes
            for sort, key in zip(write.sorts, write.keys, strict=True)
            if sort == self._old.sort and not (write.loop and write.loop.depends((key,)))
        ]
        return _distinct(keys)

    def _loops(self) -> list[_Loop]:
        """Return the loops that wrote something of identities of this sort, by key."""
        found: list[_Loop] = []
        for write in self._path.writes:
            if write.loop and write.sorts == (self._old.sort,) and write.loop.depends(write.keys):
                each = _Loop(write.loop, write)
                if not any(each.loop is o.loop and each.key.eq(o.key) for o in found):
                    found.append(each)
        return found

    def _leaves_alone(self, each: _Loop, others: list[_Loop]) -> bool:
        """Whether the loop changes no summand but perhaps those that others change as well."""
        given = [z3.Not(other.hits(each.key)) for other in others]
        return self._proves(((each.loop.guard, *given), self._change(each.key) == 0))

    def _loop_change(self, each: _Loop) -> Any:
        """Return what all iterations change together: so much each, or only in which direction."""
        length = z3.If(each.loop.lo < each.loop.hi, each.loop.hi - each.loop.lo, z3.IntVal(0))
        change = self._change(each.key)
        for by in (1, -1):
            if self._proves(((each.loop.guard,), change == by)):
                return by * length
        unknown = z3.Int(self._forks.fresh("change"))
        for holds, of_all in ((change <= 0, unknown <= 0), (change >= 0, unknown >= 0)):
            if self._proves(((each.loop.guard,), holds)):
                self._context.given.append(of_all)
                return unknown
        self._context.goals.append(((each.loop.guard,), FALSE))  # nothing is known of this loop
        return z3.IntVal(0)

    def _others_are_unchanged(self, singles: list[Any], loops: list[_Loop]) -> Goal:
        other = z3.Const(self._forks.fresh("other"), self._nil.sort())
        given = [other != key for key in (*singles, self._nil)]
        given += [z3.Not(each.hits(other)) for each in loops]
        return tuple(given), self._change(other) == 0

    def _proves(self, goal: Goal) -> bool:
        assert self._context.proves
        return self._context.proves(goal)

    def _goal(self, goal: Goal) -> None:
        self._context.goals.append(goal)


@dataclass(frozen=True)
class _Loop:
    """A loop, and what it writes."""

    loop: Loop
    write: Write

    @property
    def key(self) -> Any:
        """The identity that an iteration writes something of."""
        return self.write.keys[0]

    def hits(self, identity: Any) -> z3.BoolRef:
        """Return that some iteration writes `identity`."""
        return z3.substitute(self.write.hits, (self.write.variables[0], identity))

    def once(self, forks: Forks) -> Goal:
        """Return that no two iterations write the same identity."""
        other = z3.Int(forks.fresh("other"))
        same = self.key == self.loop.at((self.key,), other)[0]
        return (self.loop.guard, self.loop.covers(other), same), self.loop.index == other

    def apart_from(self, loop: _Loop, forks: Forks) -> Goal:
        """Return that no iteration of another loop writes what one of this one does."""
        other = z3.Int(forks.fresh("other"))
        that = z3.substitute(loop.key, (loop.loop.index, other))
        return (self.loop.guard, loop.loop.covers(other)), self.key != that


def _distinct(terms: list[Any]) -> list[Any]:
    return list({term.get_id(): term for term in terms}.values())
