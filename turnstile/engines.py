"""The engines that can be judged: how each gets beside the spec."""

from __future__ import annotations

from stateful_tests.lockstep import Lockstep
from stateful_tests.run import MakeLockstep
from turnstile.bad_input import check_known

REFERENCE = "reference"
ENGINES: dict[str, MakeLockstep] = {REFERENCE: Lockstep}


def find_engine(name: str) -> MakeLockstep:
    """Return what puts the engine of that name in lockstep. Raises BadInputError if unknown."""
    check_known("engine", name, ENGINES)
    return ENGINES[name]
