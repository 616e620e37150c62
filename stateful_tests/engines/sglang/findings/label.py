"""Which findings may a failure be an instance of?"""

from __future__ import annotations

from stateful_tests.engines.contender import Contender
from stateful_tests.engines.sglang.findings.known import FINDINGS
from stateful_tests.engines.sglang.releases import release_of
from stateful_tests.run import Failure, taken


def known_as(failure: Failure, contender: Contender) -> list[str]:
    """Return the findings of a release that its failure may be an instance of.

    They are told by the same check, and one of the failure's actions leads to them.
    """
    release = release_of(contender.name)
    actions = taken(failure, contender.lockstep)
    return [
        finding.id
        for finding in FINDINGS
        if release in finding.releases
        and finding.explains(failure.difference)
        and any(finding.avoided(state, step) for state, step, _ in actions)
    ]
