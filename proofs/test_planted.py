"""A bug in the spec text makes the expected proofs fail, with a readable counterexample."""

from functools import cache

import pytest

from proofs.planted import PLANTED, Planted
from proofs.prover import Prover
from spec.machine.check import Checker

CASES = [(bug, action, name) for bug in PLANTED for action, name in bug.fails]


@cache
def prover(bug: Planted) -> Prover:
    """The prover of a spec text with a bug."""
    return Prover(bug.rules)


@pytest.mark.parametrize(
    ("bug", "action", "name"), CASES, ids=[f"{b.number}-{a}-{n}" for b, a, n in CASES]
)
def test_a_planted_bug_is_refuted_by_name(bug: Planted, action: str, name: str) -> None:
    result = prover(bug).prove(action, name)
    assert result.verdict == "refuted"
    assert f"violated  {name}: " in result.counterexample


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.number)
def test_its_counterexample_tells_its_story(bug: Planted) -> None:
    found = prover(bug).counterexample(*bug.fails[0])
    assert found is not None
    text = found.render()
    assert not [words for words in bug.shows if words not in text], text


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.number)
def test_its_counterexample_is_what_the_spec_text_does(bug: Planted) -> None:
    found = prover(bug).counterexample(*bug.fails[0])
    assert found is not None
    assert found.after is not None
    checker = Checker(bug.rules, found.size)
    assert checker.violated(found.before) == []
    old, new = found.before, found.after
    after = {*checker.violated(new), *checker.violated_changes(old, new, found.action, None)}
    assert bug.fails[0][1] in after
    assert set(found.violated) >= set(checker.violated(new))
