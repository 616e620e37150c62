"""The mutants: read off the text, all different, and killed; a small sample is run here."""

from collections import Counter

import pytest

from proofs.mutants.equivalent import EQUIVALENT
from proofs.mutants.generate import functions, mutants
from proofs.mutants.kill import affected, judge
from proofs.mutants.mutant import Kind, Mutant, Outcome, Verdict
from proofs.mutants.run import run
from proofs.mutants.score import Score
from proofs.mutants.search import as_it_stands
from proofs.mutants.worlds import Wider, ended
from spec.machine.expand import Expander
from spec.machine.lint import sources
from spec.machine.rules import rules
from spec.machine.variant import Edit

EVERY = mutants()
BY_KEY = {mutant.key: mutant for mutant in EVERY}

NUMBERS = {
    Kind.GUARD: 45,
    Kind.PART: 79,
    Kind.FORCED: 82,
    Kind.EFFECT: 137,
    Kind.NUMBER: 97,
    Kind.BOUND: 124,
    Kind.COMPARISON: 53,
    Kind.LEAST: 12,
    Kind.ENUM: 28,
}
"""Mutants by kind. They may change only on purpose: with the text, or with a way to mutate it."""

LIMIT = 120.0
"""Seconds for a mutant of the sample, where none takes more than two: others may work here."""


UNGUARDED = (
    "extend: require(s.launched[r] < upto <= s.allocated[r] and upto <= s.tokens[t])  ->  pass"
)


def test_the_numbers_of_mutants_change_only_on_purpose() -> None:
    assert Counter(mutant.kind for mutant in EVERY) == NUMBERS


def test_names_and_keys_are_unique() -> None:
    assert len({mutant.name for mutant in EVERY}) == len(BY_KEY) == len(EVERY)


def test_every_mutant_differs_from_the_text_in_one_place_that_occurs_once() -> None:
    texts = sources()
    for mutant in EVERY:
        assert texts[mutant.edit.module].count(mutant.edit.before) == 1, mutant.name
        assert mutant.edit.after != mutant.edit.before, mutant.name
        assert mutant.after != mutant.before.removesuffix(" (no. 2)"), mutant.name
    assert len({mutant.edit.after for mutant in EVERY}) == len(EVERY)


def test_every_function_of_the_machine_is_mutated() -> None:
    assert {mutant.function for mutant in EVERY} == set(functions())


def test_what_judges_is_not_mutated() -> None:
    assert not [m.name for m in EVERY if "ensure(" in m.before]


def test_each_entry_of_the_equivalence_table_is_a_mutant() -> None:
    assert not EQUIVALENT.keys() - BY_KEY.keys()
    assert all(EQUIVALENT.values())


@pytest.mark.parametrize(
    ("function", "after"),
    [
        ("resume", "require(has_slot(s, t))"),
        ("keep", "if True:"),
        ("wipe", "pass"),
        ("evict", "s.cached[c], s.windowed[p] = (NIL, False)"),
        ("extend", "s.launched[r] = upto - 1"),
        ("free", "for i in s.span(lo + 1, hi):"),
        ("collect", "n = s.launched[s.row[t]]"),
        ("slide", "require(s.length(s.whole(upto)) == upto and s.cursor[r] <= upto)"),
        ("close", "return Answer.CLOSING"),
        ("start", "r = s.choose(Row, lambda r: True)"),
    ],
)
def test_lines_are_changed_in_the_ways_that_matter(function: str, after: str) -> None:
    changed = [m for m in EVERY if (m.function, m.after) == (function, after)]
    assert changed, [m.after for m in EVERY if m.function == function]


def test_an_action_is_affected_by_what_it_calls_however_indirectly() -> None:
    assert affected("evict") == {"evict"}
    assert affected("wipe") == {"abort_nth", "close", "end_close", "reclaim", "time_out"}
    assert affected("free") > affected("unlock") > affected("wipe")


@pytest.mark.parametrize("name", ["small chunks", "small speculation"])
def test_a_wider_world_has_the_same_states_where_nothing_is_mutated(name: str) -> None:
    world = ended()[name]
    wider = Wider.of(world, frozenset(rules().moves))
    state = world.initial(rules()).cells()
    for _ in range(12):
        follow = [Expander(rules(), each)(state) for each in (world, wider)]
        assert [key for key, *_ in follow[0].new] == [key for key, *_ in follow[1].new]
        state = follow[0].new[-1][1]


def test_together_the_small_worlds_take_every_action_and_reach_every_case() -> None:
    visits = [as_it_stands(name) for name in ended()]
    assert all(visit.complete and not visit.violation for visit in visits)
    assert set().union(*(visit.seen for visit in visits)) == {*rules().actions, *rules().cases}


def test_a_guard_that_is_gone_is_seen_since_worlds_ask_for_what_it_forbids() -> None:
    outcome = judge(BY_KEY[UNGUARDED], LIMIT, False)
    assert (outcome.verdict, outcome.killer) == (Verdict.KILLED, "exploration")


def test_a_mutant_outside_the_language_says_nothing() -> None:
    edit = Edit("kv", "    release(s, s.slot[x])\n", "    release(s, s.slot[r])\n    raise x\n")
    mutant = Mutant(Kind.EFFECT, edit, "wipe", 1, 1, "release", "raise")
    assert judge(mutant, LIMIT, with_proofs=False).verdict == Verdict.INVALID


def test_a_line_that_may_go_survives() -> None:
    line = "    s.tokens[t] = s.tokens[t] + accepted + 1\n"
    mutant = Mutant(
        Kind.EFFECT, Edit("moves", line, line + "    pass\n"), "verify", 1, 1, "", "pass"
    )
    outcome = judge(mutant, LIMIT, with_proofs=False)
    assert (outcome.verdict, outcome.words) == (Verdict.SURVIVED, "")
    assert outcome.states > 2000


def test_a_sample_is_killed_in_parallel() -> None:
    sample = [mutant for mutant in EVERY if mutant.function in ("free", "wipe")]
    outcomes = list(run(sample, processes=2, seconds=LIMIT, with_proofs=False))
    assert {outcome.mutant for outcome in outcomes} == set(sample)
    assert Score.of(outcomes).killed == len(sample), [o for o in outcomes if o.words == ""]


def test_the_score_leaves_out_what_says_nothing() -> None:
    verdicts = [Verdict.KILLED] * 3 + [Verdict.SURVIVED, Verdict.EQUIVALENT, Verdict.INVALID]
    score = Score.of(Outcome(EVERY[0], verdict) for verdict in verdicts)
    assert str(score) == "3 of 4 killed (75.0 %)"
