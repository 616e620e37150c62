"""A bug in the spec text makes the expected proofs fail, with a readable counterexample.

The run from the start that it leads to is pinned as a trace, which the engine's tests replay.
"""

import gc
from collections.abc import Iterator
from functools import cached_property
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


class Refuter:
    """The prover of a spec text with a bug, and the step that tells the bug best."""

    def __init__(self, bug: Planted) -> None:
        self.bug, self.prover = bug, Prover(bug.rules)

    @cached_property
    def counterexample(self) -> Counterexample:
        """Return the step that tells the bug best."""
        found = self.prover.counterexample(*self.bug.fails[0])
        assert found is not None
        return found


@pytest.fixture(scope="module", params=PLANTED, ids=lambda bug: bug.number)
def refuter(request: pytest.FixtureRequest) -> Iterator[Refuter]:
    """Each bug's tests come one after the other: a prover holds some hundred megabytes."""
    yield Refuter(request.param)
    gc.collect()


def test_a_planted_bug_is_refuted_by_name(refuter: Refuter, subtests: pytest.Subtests) -> None:
    for action, name in refuter.bug.fails:
        with subtests.test(action=action, name=name):
            result = refuter.prover.prove(action, name)
            assert result.verdict == "refuted"
            assert f"violated  {name}: " in result.counterexample


def test_its_counterexample_tells_its_story(refuter: Refuter) -> None:
    text = refuter.counterexample.render()
    assert not [words for words in refuter.bug.shows if words not in text], text


def test_its_counterexample_is_what_the_spec_text_does(refuter: Refuter) -> None:
    bug, found = refuter.bug, refuter.counterexample
    assert found.after is not None
    checker = Checker(bug.rules, found.size)
    assert checker.violated(found.before) == []
    old, new = found.before, found.after
    changes = checker.violated_changes(old, new, found.action, found.args, found.answer)
    after = {*checker.violated(new), *changes}
    assert bug.fails[0][1] in after
    assert set(found.violated) >= after


def test_its_counterexample_leads_to_its_pinned_run(refuter: Refuter) -> None:
    bug = refuter.bug
    name, world = bug.fails[0][1], {**WORLDS, **LARGE_WORLDS}[bug.world]
    followed = follow(bug.rules, refuter.counterexample, name, [world])
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
