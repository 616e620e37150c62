"""No property is empty: a change of the text breaks it, and a step of a small world shows it."""

from __future__ import annotations

import pytest

from proofs.mutants.generate import mutants
from proofs.mutants.witnesses import WITNESSES
from proofs.prover import Prover
from proofs.search import SIZES
from spec.machine.check import Checker
from spec.machine.rules import Rules, rules
from spec.machine.variant import Edit, variant

WORLDS = tuple(SIZES[i] for i in (0, 4, 5, 7, 8, 10, 11))
"""One world of each kind, the smallest first: every witness shows in one of them."""

BROKEN: dict[str | Edit, list[str]] = {}
"""The properties that are to be broken, by the change that breaks them: each is loaded once."""
for each, (by, _) in WITNESSES.items():
    BROKEN.setdefault(by, []).append(each)

BY_KEY = {mutant.key: mutant for mutant in mutants()}


def changed(change: str | Edit) -> Rules:
    """Return the rules of the changed text."""
    if isinstance(change, Edit):
        return variant(change)
    assert change in BY_KEY, f"the text has changed: name another mutant than {change}"
    return BY_KEY[change].rules


def test_every_property_has_a_witness() -> None:
    assert list(WITNESSES) == [*rules().invariants, *rules().changes]


@pytest.mark.parametrize("change", BROKEN, ids=lambda change: BROKEN[change][0])
def test_a_witness_breaks_its_properties(change: str | Edit) -> None:
    prover = Prover(changed(change))
    for name in BROKEN[change]:
        found = prover.counterexample(WITNESSES[name][1], name, WORLDS)
        assert found, f"{name} holds"
        assert found.after, f"{name}: the action breaks off"
        checker = Checker(prover.rules, found.size)
        assert checker.violated(found.before) == []
        step = (found.before, found.after, found.action, found.args, found.answer)
        assert name in {*checker.violated(found.after), *checker.violated_changes(*step)}
