"""Which engine has which finding? Each finding's minimal trace, replayed."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from stateful_tests.difference import Difference
from stateful_tests.engines.contender import Contender
from stateful_tests.engines.engine import NotOffered
from stateful_tests.engines.finding import Finding
from stateful_tests.run import perform
from stateful_tests.setting import Setting


class Verdict(StrEnum):
    """What a finding's trace does on an engine."""

    FOUND = "found"
    GONE = "-"
    OTHER = "other"  # it fails before, or by another name: another finding is in the way
    UNASKED = ""  # the engine lacks what it is about: sessions, or such a world


class Compared(NamedTuple):
    """One cell of the table."""

    verdict: Verdict
    difference: Difference | None


def compare(finding: Finding, contender: Contender) -> Compared:
    """Replay a finding's trace on an engine, in the loop that the finding was made in."""
    trace = finding.trace
    try:
        lockstep = contender.lockstep(Setting.of(trace))
    except ValueError:
        return Compared(Verdict.UNASKED, None)
    try:
        difference = perform(lockstep, trace.steps)
    except NotOffered:
        return Compared(Verdict.UNASKED, None)
    if difference is None:
        return Compared(Verdict.GONE, None)
    is_at_its_end = len(difference.steps) == len(trace.steps)
    same = finding.explains(difference) and is_at_its_end
    return Compared(Verdict.FOUND if same else Verdict.OTHER, difference)
