"""The engines that can be judged, as the command line names them."""

from __future__ import annotations

from stateful_tests.engines.contender import Contender, UnknownEngineError
from stateful_tests.engines.find import REFERENCE as OWN
from stateful_tests.engines.find import find
from turnstile.bad_input import BadInputError

REFERENCE = OWN.name


def find_engine(name: str) -> Contender:
    """Return the engine of that name. Raises BadInputError if there is none, or not here."""
    try:
        return find(name)
    except UnknownEngineError as unknown:
        raise BadInputError(str(unknown)) from None
