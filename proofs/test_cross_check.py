"""A second solver agrees with Z3, and where Z3 is wrong it says so."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import PurePosixPath

import pytest
import z3

from proofs.cross_check import CrossChecked, Verdict, ask_cvc5, cross_check, sample
from proofs.ground import Instances, Query, Vocabulary
from proofs.length_lemmas import LEMMAS
from proofs.machine import Machine
from proofs.obligations import ActionObligations
from proofs.planted.memory import B10
from proofs.prover import LENGTHS, obligations
from proofs.smtlib import LINEAR, Scribe, Script, as_file_name, script_of
from spec.machine.rules import rules

OBLIGATIONS = obligations()
SAMPLE = sorted({*sample(OBLIGATIONS, 59), *((LENGTHS, lemma) for lemma in LEMMAS)})
ASK = partial(ask_cvc5, seconds=300)

ONE = ("close", "locks_balance")
"""An obligation whose proof takes several queries."""


@cache
def scribe() -> Scribe:
    """The scribe of this process: an action is run symbolically once."""
    return Scribe(rules())


def queries(action: str, name: str) -> list[Script]:
    """Return the scripts of a proof."""
    result, scripts = scribe().prove(action, name)
    assert result.verdict == "proved"
    return scripts


@pytest.mark.parametrize(
    ("action", "name"), SAMPLE, ids=[f"{a}-{as_file_name(n)}" for a, n in SAMPLE]
)
def test_cvc5_proves_what_z3_proves(action: str, name: str) -> None:
    for script in queries(action, name):
        assert ASK(script.text) == "unsat", script.path


def test_the_whole_goes_through_one_proof_after_the_other() -> None:
    asked = [("open", "lengths_are_in_order"), ONE]
    untouched, checked = cross_check(rules(), asked, ASK)
    assert untouched.verdict == Verdict.NO_QUERY
    assert (str(checked.result), checked.verdict) == (": ".join(ONE), Verdict.BOTH)
    assert checked.answers == {"unsat": len(queries(*ONE))}
    assert checked.doubtful == ()


def test_a_sample_stays_the_same_when_obligations_come_and_go() -> None:
    kept = OBLIGATIONS[: len(OBLIGATIONS) // 2]
    assert sample(kept, 10) == [each for each in sample(OBLIGATIONS, 10) if each in kept]
    assert sample(OBLIGATIONS, 1) == OBLIGATIONS


# -- what is wrong is told


def test_a_wrong_unsat_of_z3_is_a_disagreement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Query, "round", always_proved)
    (checked,) = cross_check(B10.rules, B10.fails[:1], ASK)
    assert (checked.result.verdict, checked.verdict) == ("proved", Verdict.DISAGREE)
    assert "sat" in [answer for _, answer in checked.doubtful]


def always_proved(query: Query, ask_z3: Callable[[Query], bool] = Query.round) -> bool:
    """Stand for a Z3 that says `unsat` whatever it is asked."""
    ask_z3(query)
    return True


def test_a_query_out_of_time_is_unknown() -> None:
    holes = [z3.Int(f"hole of pigeon {i}") for i in range(14)]
    pigeons = [z3.Distinct(*holes), *(z3.And(hole > 0, hole < len(holes)) for hole in holes)]
    script = script_of(pigeons, LINEAR, "14 pigeons, 13 holes", "")
    assert ask_cvc5(script, seconds=0.2) == "unknown"


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [
        (["unsat", "unsat"], Verdict.BOTH),
        (["unsat", "unknown"], Verdict.UNKNOWN),
        (["sat", "unknown"], Verdict.DISAGREE),
        ([], Verdict.NO_QUERY),
    ],
)
def test_one_doubtful_answer_is_enough(answers: list[str], verdict: Verdict) -> None:
    result, _ = scribe().prove(*ONE)
    assert CrossChecked(result, Counter(answers), (), 0.0).verdict == verdict


def test_what_z3_does_not_prove_is_not_put_to_cvc5() -> None:
    (checked,) = cross_check(B10.rules, B10.fails[:1], ASK)
    assert (checked.verdict, checked.answers) == (Verdict.UNPROVED, {})


def test_cvc5_is_not_loaded_unless_it_is_asked() -> None:
    program = "import sys, proofs.cross_check; sys.exit('cvc5' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


# -- the scripts


def test_z3_reads_a_script_back_and_gives_the_same_answer() -> None:
    for script in queries(*ONE):
        solver = z3.Solver(ctx=z3.Context())
        solver.from_string(script.text)
        assert solver.check() == z3.unsat


def test_a_script_says_what_it_is_in_words() -> None:
    script = queries(*ONE)[-1]
    lines = script.text.splitlines()
    assert lines[:2] == [
        "(set-info :smt-lib-version 2.6)",
        f"; close: locks_balance, query {script.number} of {script.of}",
    ]
    assert lines[2] == f"; {rules().invariants['locks_balance'].words}"
    assert lines[3:5] == ["(set-info :status unsat)", "(set-logic QF_UFDTLIA)"]


def test_every_query_has_a_file_of_its_own() -> None:
    assert len({(action, as_file_name(name)) for action, name in OBLIGATIONS}) == len(OBLIGATIONS)
    assert Script("open", "a: b", 1, 1, "").path == PurePosixPath("open/a_b.smt2")
    assert Script("open", "a: b", 2, 12, "").path == PurePosixPath("open/a_b-02.smt2")


def test_a_query_holds_the_opposite_of_the_goal() -> None:
    """With the goal instead, the state before and the path are possible: cvc5 says `sat`."""
    machine = Machine(rules())
    action, name = rules().actions["open"], "an_open_session_has_a_namespace"
    (case,) = ActionObligations(machine, action).cases(name)
    instances = Instances(Vocabulary(machine.sorts, machine.atoms))
    answers = []
    for goal in (case.goal, z3.Not(case.goal)):
        query = Query(machine, replace(case, goal=goal), instances)
        query.round()
        answers.append(ASK(script_of(query.assertions, LINEAR, name, "")))
    assert answers == ["unsat", "sat"]


def test_two_symbols_of_one_name_are_refused() -> None:
    sort = z3.DeclareSort("Sort")
    constant = z3.Const("same", sort)
    function = z3.Function("same", sort, z3.IntSort())
    with pytest.raises(ValueError, match="same is the name of two symbols"):
        script_of([function(constant) > 0], LINEAR, "title", "words")


def test_what_is_no_script_is_an_error() -> None:
    with pytest.raises(RuntimeError):
        ask_cvc5("(assert (> x 0))\n(check-sat)\n", seconds=1)
    with pytest.raises(RuntimeError, match="no answer"):
        ask_cvc5("(set-logic QF_LIA)\n", seconds=1)
