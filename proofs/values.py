"""What the spec text handles in place of flags, indices and identities: Z3 terms that compare."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import z3

from proofs.logic import Fact
from proofs.paths import Forks


@dataclass(frozen=True, eq=False)
class Truth:  # noqa: PLW1641 - nothing symbolic may be a key
    """A condition. Asking whether it is true forks the path."""

    forks: Forks
    term: z3.BoolRef

    def __bool__(self) -> bool:
        """Turn out true or false on this path."""
        return self.forks.decide(self.term)

    def __eq__(self, other: object) -> Any:
        """Compare with a condition or a plain bool."""
        return Truth(self.forks, self.term == as_formula(other))

    def __ne__(self, other: object) -> Any:
        """Compare with a condition or a plain bool."""
        return Truth(self.forks, self.term != as_formula(other))


@dataclass(frozen=True, eq=False)
class ForAll:
    """A condition on all identities or indices. Asking whether it is true forks the path."""

    forks: Forks
    fact: Fact
    counterexample: Callable[[], z3.BoolRef]  # at fresh constants, made on the path that asks

    def __bool__(self) -> bool:
        """Turn out true or false on this path."""
        return self.forks.decide_for_all(self.fact, self.counterexample)


@dataclass(frozen=True, eq=False)
class Count:  # noqa: PLW1641 - nothing symbolic may be a key
    """An index or a number of pages."""

    forks: Forks
    term: Any

    def _truth(self, term: z3.BoolRef) -> Truth:
        return Truth(self.forks, term)

    def __lt__(self, other: Any) -> Truth:
        """Compare."""
        return self._truth(self.term < as_count(other))

    def __le__(self, other: Any) -> Truth:
        """Compare."""
        return self._truth(self.term <= as_count(other))

    def __gt__(self, other: Any) -> Truth:
        """Compare."""
        return self._truth(self.term > as_count(other))

    def __ge__(self, other: Any) -> Truth:
        """Compare."""
        return self._truth(self.term >= as_count(other))

    def __eq__(self, other: object) -> Any:
        """Compare."""
        return self._truth(self.term == as_count(other))

    def __ne__(self, other: object) -> Any:
        """Compare."""
        return self._truth(self.term != as_count(other))

    def __add__(self, other: Any) -> Count:
        """Add pages."""
        return Count(self.forks, self.term + as_count(other))

    def __sub__(self, other: Any) -> Count:
        """Take pages away."""
        return Count(self.forks, self.term - as_count(other))


@dataclass(frozen=True, eq=False)
class Sum:  # noqa: PLW1641 - nothing symbolic may be a key
    """A plain number and sums over identities, one for each sort: adding two adds their bodies.

    So what changes hands between the bodies of two sums over one sort leaves their sum alone.
    """

    forks: Forks
    number: Any
    bodies: dict[str, SumBody]
    evaluate: Callable[[Sum], Any]  # to a term

    @property
    def term(self) -> Any:
        """The number that it comes to."""
        return self.evaluate(self)

    def __add__(self, other: Any) -> Sum:
        """Add a sum or a number."""
        if not isinstance(other, Sum):
            return Sum(self.forks, self.number + as_count(other), self.bodies, self.evaluate)
        bodies = dict(self.bodies)
        for sort, body in other.bodies.items():
            bodies[sort] = bodies[sort].plus(body) if sort in bodies else body
        return Sum(self.forks, self.number + other.number, bodies, self.evaluate)

    __radd__ = __add__

    def _count(self) -> Count:
        return Count(self.forks, self.term)

    def __lt__(self, other: Any) -> Truth:
        """Compare."""
        return self._count() < other

    def __le__(self, other: Any) -> Truth:
        """Compare."""
        return self._count() <= other

    def __gt__(self, other: Any) -> Truth:
        """Compare."""
        return self._count() > other

    def __ge__(self, other: Any) -> Truth:
        """Compare."""
        return self._count() >= other

    def __eq__(self, other: object) -> Any:
        """Compare."""
        return self._count() == other

    def __ne__(self, other: object) -> Any:
        """Compare."""
        return self._count() != other


@dataclass(frozen=True)
class SumBody:
    """What is added up over a sort: a term over `variable`, which may be known to be 0 or more."""

    sort: Any
    variable: Any
    term: Any
    is_natural: bool

    def plus(self, other: SumBody) -> SumBody:
        """Add the bodies."""
        natural = self.is_natural and other.is_natural
        return SumBody(self.sort, self.variable, self.term + other.term, natural)

    def at(self, identity: Any) -> Any:
        """Return what one identity adds."""
        return z3.substitute(self.term, (self.variable, identity))


@dataclass(frozen=True, eq=False)
class Member:  # noqa: PLW1641 - nothing symbolic may be a key
    """An identity, a record of identities or a constant of an enumeration; it may be NIL."""

    forks: Forks
    term: Any
    encode: Callable[[Any], Any]  # another value of the same sort, as a term

    def __eq__(self, other: object) -> Any:
        """Compare."""
        return Truth(self.forks, self.term == self.encode(other))

    def __ne__(self, other: object) -> Any:
        """Compare."""
        return Truth(self.forks, self.term != self.encode(other))


def as_formula(value: Any) -> z3.BoolRef:
    """Return the term of a condition; what is not one must turn out true or false on its path."""
    return value.term if isinstance(value, Truth) else z3.BoolVal(bool(value))


def as_count(value: Any) -> Any:
    """Return the term of a number of anything, or of a plain int."""
    return value.term if isinstance(value, Count | Sum) else z3.IntVal(value)
