"""Small helpers over Z3 formulas, and facts that hold for every identity and index."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import z3

TRUE = z3.BoolVal(True)
FALSE = z3.BoolVal(False)


class NotInTheLanguage(Exception):  # noqa: N818 - it says what the spec text is not
    """The spec text does something that has no symbolic meaning."""


def conjunction(formulas: Iterable[z3.BoolRef]) -> z3.BoolRef:
    """Return the formula that says all of `formulas`, without an `And` around nothing or one."""
    kept = [f for f in formulas if not z3.is_true(f)]
    return TRUE if not kept else kept[0] if len(kept) == 1 else z3.And(*kept)


def negation(formula: z3.BoolRef) -> z3.BoolRef:
    """Return the opposite of `formula`, without a double negation."""
    return formula.arg(0) if z3.is_not(formula) else z3.Not(formula)


def implication(premises: Iterable[z3.BoolRef], conclusion: z3.BoolRef) -> z3.BoolRef:
    """Return the formula that all `premises` together imply `conclusion`."""
    premise = conjunction(premises)
    return conclusion if z3.is_true(premise) else z3.Implies(premise, conclusion)


def equal(left: Iterable[Any], right: Iterable[Any]) -> z3.BoolRef:
    """Return the formula that two tuples of terms are equal, component by component."""
    return conjunction(a == b for a, b in zip(left, right, strict=True))


def mentions(term: Any, variable: Any) -> bool:
    """Whether `variable` occurs in `term`."""
    seen, todo = set(), [term]
    while todo:
        this = todo.pop()
        if this.eq(variable):
            return True
        if this.get_id() not in seen:
            seen.add(this.get_id())
            todo += this.children()
    return False


@dataclass(frozen=True, eq=False)
class Fact:
    """A formula that holds for all values of its variables, one Z3 term for each of its sorts.

    No Z3 quantifier is ever used: a fact is handed to the solver as instances, so each query is
    decided.
    """

    sorts: tuple[Any, ...]
    variables: tuple[Any, ...]
    body: z3.BoolRef
    trigger: Any = None  # a term over variables: instances are made only where the query has such

    def at(self, terms: Iterable[Any]) -> z3.BoolRef:
        """Return the instance of this fact at `terms`."""
        return z3.substitute(self.body, *zip(self.variables, terms, strict=True))


def largest_cell(fact: Fact, maps: set[str]) -> Any:
    """Return the cell of one of `maps` in `fact` whose keys are the most of its variables."""
    best, todo = None, [fact.body]
    while todo:
        term = todo.pop()
        keys = term.children()
        if term.decl().name() in maps and all(any(k.eq(v) for v in fact.variables) for k in keys):
            best = term if best is None or len(keys) > best.num_args() else best
        todo += keys
    return best
