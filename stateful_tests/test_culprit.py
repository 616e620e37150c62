"""Which request led to a failure, and which others are like it."""

from __future__ import annotations

from typing import Any

from spec.machine.abstract import Abstract
from spec.machine.size import Size
from spec.machine.trace import STEP
from spec.state import Edit
from stateful_tests.culprit import Culprit, Requests, leaving_out, of_request
from stateful_tests.engines.contender import Contender
from stateful_tests.engines.toy.adapter import Toy
from stateful_tests.engines.toy.bugs import FreesUnderATurn
from stateful_tests.fuzz import Fuzz
from stateful_tests.lockstep import Lockstep
from stateful_tests.run import Failure, cut_down, replay, taken
from stateful_tests.setting import Setting

BAD = Contender("bad", lambda setting: Toy(setting, FreesUnderATurn))


def met() -> tuple[Failure, Requests]:
    """Return a failure, and what was asked for until it was met."""
    requests = Requests()

    def watched(setting: Setting) -> Lockstep:
        lockstep = BAD.lockstep(setting)
        lockstep.watch = requests.saw
        return lockstep

    fuzz = Fuzz(0, "cpu", watched, drawn=BAD.drawn)
    while (failure := fuzz.met()) is None:
        pass
    return cut_down(failure.setting, failure.difference, BAD.lockstep), requests


def test_the_culprit_is_the_request_that_passing_runs_hardly_have() -> None:
    failure, requests = met()
    culprit = requests.culprit(failure, BAD.lockstep)
    assert culprit is not None
    assert culprit.request.action == "close"


def test_what_led_to_a_failure_can_be_left_out() -> None:
    failure, requests = met()
    culprit = requests.culprit(failure, BAD.lockstep)
    assert culprit is not None
    steps = failure.difference.steps
    assert replay(failure.setting, steps, BAD.lockstep)
    assert not replay(failure.setting, steps, leaving_out(BAD, [culprit]).lockstep)


def test_what_is_common_leads_to_nothing() -> None:
    failure, requests = met()
    for state, step, answer in taken(failure, BAD.lockstep):
        for _ in range(1_000):
            requests.saw(state, step, answer)
    assert requests.culprit(failure, BAD.lockstep) is None


def kind(holds: str, asked: str = "", answer: str = "ok") -> Culprit:
    return Culprit(Abstract("close", answer, holds), asked)


def test_kinds_are_joined_in_what_they_share() -> None:
    both = kind("10").joined(kind("11"))
    assert both == kind("1*")
    assert both.covers(kind("10"))
    assert both.covers(both)
    assert not both.covers(kind("01"))
    assert not both.covers(kind("10", answer="unknown_session"))
    assert not kind("10").covers(both)


def test_kinds_are_not_joined_over_what_is_common() -> None:
    requests = Requests()
    requests.made[kind("01")] = 99
    assert requests.widened([kind("00"), kind("11")]) == [kind("00"), kind("11")]
    assert requests.widened([kind("00"), kind("10")]) == [kind("*0")]


def test_what_a_turn_asks_for_tells_it_apart() -> None:
    lockstep = Lockstep(
        Setting(Size(3, 3, rows=2, pages=16, page_size=1, context_len=8, namespaces=2))
    )
    for session in range(2):
        lockstep.do(("open", (session, session)))
    long, other = (0, 0, 8, 1, Edit.APPEND, 0), (1, 1, 3, 1, Edit.APPEND, 0)
    assert asked(lockstep, "submit", long) == "10"
    assert asked(lockstep, "submit", other) == "01"
    assert asked(lockstep, "generate", (2, 2, 4, 4, 1, 0)) == "01"
    refused = (0, 0, 3, 1, Edit.REPLACE, 0)
    assert asked(lockstep, "submit", refused) == ""
    first = (0, 0, 4, 2, Edit.APPEND, 0)
    for step in [("submit", first), *[(STEP, ())] * 4]:
        lockstep.do(step)
    assert asked(lockstep, "submit", (0, 1, 3, 1, Edit.APPEND, 0)) == "10"


def asked(lockstep: Lockstep, name: str, args: tuple[Any, ...]) -> str:
    answer = lockstep.rules.requests[name].run(lockstep.state.fork(), *args)
    return of_request(lockstep.state, (name, args), answer).asked
