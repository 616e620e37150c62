"""A bug in the spec text makes the expected proofs fail, with a readable counterexample.

The run from the start that it leads to is pinned as a trace, which the engine's tests replay.
"""

from functools import cache
from pathlib import Path

import pytest

from proofs.counterexample import Counterexample
from proofs.planted import PLANTED, Planted
from proofs.prover import Prover
from proofs.reachable import Reached, follow
from spec.machine.check import Checker
from spec.machine.trace import load
from spec.machine.variant import Edit, variant
from spec.machine.worlds import LARGE_WORLDS, WORLDS

RUNS = Path(__file__).parent.parent / "stateful_tests" / "traces" / "counterexamples"

CASES = [(bug, action, name) for bug in PLANTED for action, name in bug.fails]


@cache
def prover(bug: Planted) -> Prover:
    """The prover of a spec text with a bug."""
    return Prover(bug.rules)


@cache
def counterexample(bug: Planted) -> Counterexample:
    """Return the step that tells a bug best."""
    found = prover(bug).counterexample(*bug.fails[0])
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("bug", "action", "name"), CASES, ids=[f"{b.number}-{a}-{n}" for b, a, n in CASES]
)
def test_a_planted_bug_is_refuted_by_name(bug: Planted, action: str, name: str) -> None:
    result = prover(bug).prove(action, name)
    assert result.verdict == "refuted"
    assert f"violated  {name}: " in result.counterexample


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.number)
def test_its_counterexample_tells_its_story(bug: Planted) -> None:
    text = counterexample(bug).render()
    assert not [words for words in bug.shows if words not in text], text


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.number)
def test_its_counterexample_is_what_the_spec_text_does(bug: Planted) -> None:
    found = counterexample(bug)
    assert found.after is not None
    checker = Checker(bug.rules, found.size)
    assert checker.violated(found.before) == []
    old, new = found.before, found.after
    changes = checker.violated_changes(old, new, found.action, found.args, found.answer)
    after = {*checker.violated(new), *changes}
    assert bug.fails[0][1] in after
    assert set(found.violated) >= after


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.number)
def test_its_counterexample_leads_to_its_pinned_run(bug: Planted) -> None:
    name, world = bug.fails[0][1], {**WORLDS, **LARGE_WORLDS}[bug.world]
    followed = follow(bug.rules, counterexample(bug), name, [world])
    assert isinstance(followed, Reached), str(followed)
    assert followed.broken == name
    again = f"turnstile prove --bug {bug.number} --trace FILE writes what is to be pinned now"
    assert followed.trace == load(RUNS / f"{bug.number}.jsonl"), f"{followed}\n{again}"


def test_a_step_that_breaks_off_is_shown_as_what_it_is() -> None:
    guard = "    else:\n        require(s.text_len[x] <= s.committed[r])\n"
    unguarded = Prover(variant(Edit("moves", guard, "")))
    found = unguarded.counterexample("publish", "a_protected_page_is_the_trees")
    assert found is not None
    assert found.after is None
    assert found.violated == ["ensure: a rule writes at NIL"]
