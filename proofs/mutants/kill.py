"""One mutant, from the cheapest judge to the dearest: linter, small worlds, larger ones, proofs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from proofs.logic import NotInTheLanguage
from proofs.mutants.equivalent import EQUIVALENT
from proofs.mutants.mutant import Mutant, Outcome, Verdict
from proofs.mutants.search import OutOfTime, as_it_stands, visit
from proofs.mutants.worlds import Wider, ended
from proofs.prover import Prover
from spec.machine.lint import Text, lint, sources
from spec.machine.rules import Rules
from spec.machine.rules import rules as rules_as_they_stand
from spec.machine.worlds import WORLDS

MAX_STATES = 300
"""How many states of each larger world are visited."""

MORE = 3
"""How many times as many states as the text as it stands a mutant may have in a small world."""


def affected(function: str) -> frozenset[str]:
    """Return the actions that call `function`, however indirectly, or are it."""
    text = Text(sources())
    return frozenset(
        action
        for action in rules_as_they_stand().actions
        if action == function or function in text.calls(action)
    )


def may_allow_more(mutant: Mutant) -> bool:
    """Whether a mutant may do what the text forbids: it touches a guard, or what guards ask."""
    if "writes" not in Text(sources()).does(mutant.function):
        return True
    is_action = mutant.function in rules_as_they_stand().actions
    return is_action and not mutant.before.startswith(("s.", "for "))


def judge(mutant: Mutant, seconds: float, with_proofs: bool = True) -> Outcome:
    """Return what becomes of a mutant within so many seconds of processor time."""
    started = time.process_time()
    outcome = Outcome(mutant, Verdict.SURVIVED, words="")
    text = _load(mutant)
    if text is None:
        return replace(outcome, verdict=Verdict.INVALID, words="it is not in the language")
    for found in _judged(mutant, text, outcome, started, seconds, with_proofs):
        outcome = found
        if outcome.verdict == Verdict.KILLED:
            break
    return excused(replace(outcome, seconds=time.process_time() - started))


def excused(outcome: Outcome) -> Outcome:
    """Return a survivor's outcome with the reason that the table gives, if it gives one."""
    reason = EQUIVALENT.get(outcome.mutant.key)
    if reason is None or outcome.verdict != Verdict.SURVIVED:
        return outcome
    return replace(outcome, verdict=Verdict.EQUIVALENT, words=reason)


def _load(mutant: Mutant) -> Rules | None:
    """Return the rules of a mutant; None if it is not in the language, or cannot be loaded.

    Raise ValueError if the text as it stands is not in the language: then no mutant says anything.
    """
    module, texts = mutant.edit.module, sources()
    edited = texts[module].replace(mutant.edit.before, mutant.edit.after)
    if lint({**texts, module: edited}):
        if wrong := lint(texts):
            raise ValueError(f"the spec text is not in its language: {wrong[0]}")
        return None
    try:
        return mutant.rules
    except (NameError, TypeError):
        return None


def _judged(
    mutant: Mutant, text: Rules, outcome: Outcome, started: float, seconds: float, with_proofs: bool
) -> Iterator[Outcome]:
    """Generate the outcome after each judge; the worlds leave half of the time to the proofs."""
    actions = affected(mutant.function)
    try:
        half = started + (seconds / 2 if with_proofs else seconds)
        for found in _explored(mutant, text, outcome, actions, half):
            outcome = found
            yield outcome
    except OutOfTime:
        outcome = replace(outcome, words="out of time in a world")
        yield outcome
    if with_proofs:
        yield from _proved(outcome, text, sorted(actions), started + seconds)


def _explored(
    mutant: Mutant, text: Rules, outcome: Outcome, actions: frozenset[str], deadline: float
) -> Iterator[Outcome]:
    """Generate the outcome after each world, the small ones first."""
    moves = actions & rules_as_they_stand().moves.keys()
    widened = moves if may_allow_more(mutant) else frozenset[str]()
    for world in {**ended(), **WORLDS}.values():
        if actions - world.left_out:
            outcome = _visit(outcome, text, Wider.of(world, widened), deadline)
            yield outcome


def _visit(outcome: Outcome, text: Rules, world: Wider, deadline: float) -> Outcome:
    """Return the outcome after one more world: a small one to its end, of another one a part."""
    small = as_it_stands(world.name) if world.name in ended() else None
    found = visit(text, world, small.states * MORE if small else MAX_STATES, deadline)
    outcome = replace(outcome, states=outcome.states + found.states)
    if found.violation:
        return _killed(outcome, "exploration", f"{found.violation} in {world.name}")
    lost = sorted(small.seen - found.seen) if small and found.complete else []
    return _killed(outcome, "case", f"{lost[0]} never happens in {world.name}") if lost else outcome


def _killed(outcome: Outcome, killer: str, words: str) -> Outcome:
    return replace(outcome, verdict=Verdict.KILLED, killer=killer, words=words)


def _proved(
    outcome: Outcome, text: Rules, actions: list[str], deadline: float
) -> Iterator[Outcome]:
    """Generate the outcome after each obligation of the actions, the first refuted one last."""
    try:
        prover = Prover(text)
        for action in actions:
            names = prover.properties(action)
            for name in sorted(names, key=text.invariants.__contains__):  # these take longer
                if time.process_time() > deadline:
                    yield replace(outcome, words="out of time in the proofs")
                    return
                result = prover.prove(action, name)
                outcome = replace(outcome, obligations=outcome.obligations + 1)
                if result.verdict == "refuted":
                    outcome = _killed(outcome, "prover", str(result))
                yield outcome
    except NotInTheLanguage as wrong:
        yield replace(outcome, verdict=Verdict.INVALID, words=str(wrong))
