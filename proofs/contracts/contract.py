"""A contract: a sentence about arithmetic, and the functions whose arithmetic it is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from types import FunctionType
from typing import Any

from proofs.contracts.wrong import Wrong, wrong_variants


@dataclass(frozen=True)
class Contract:
    """A function that asserts, first of all, what is given, and at the end what follows from it.

    Its name is the sentence. Its arguments are numbers: it holds for all that are given.
    """

    sentence: Callable[..., None]
    about: tuple[FunctionType, ...]  # CrossHair must refute it of a wrong variant of one of them
    within: str  # bounds that the sentence does not tell, "" if it is unbounded

    @cached_property
    def wrong_variants(self) -> list[Wrong]:
        """Every wrong variant of what the contract is about."""
        return [wrong for function in self.about for wrong in wrong_variants(function)]

    def __str__(self) -> str:
        """Say the sentence, and how far it is confirmed."""
        return self.sentence.__name__ + (f" (within {self.within})" if self.within else "")


def contract(*about: Any, within: str = "") -> Callable[[Callable[..., None]], Contract]:
    """Make a contract of a sentence about functions, methods or properties."""
    return lambda sentence: Contract(sentence, tuple(map(_function, about)), within)


def _function(about: Any) -> FunctionType:
    """Return the function of a property."""
    found = getattr(about, "fget", None) or getattr(about, "func", None) or about
    assert isinstance(found, FunctionType), f"has no text of its own: {about}"
    return found
