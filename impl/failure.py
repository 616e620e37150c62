"""What went wrong in a computation. Answers: why did a turn fail, and what is undone?

Whatever the model, the drafter or the device raises is the turn's failure, never the engine's end;
an AssertionError is a mistake of ours, and passes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch

from impl.moves import Why


class Failure(NamedTuple):
    """Why a turn could not be computed.

    What was raised is kept as text: the exception itself holds every tensor of the failed pass.
    """

    why: Why
    detail: str

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """Tell what was raised."""
        memory = isinstance(error, torch.OutOfMemoryError | MemoryError)
        why = Why.OUT_OF_MEMORY if memory else Why.FAILED
        return cls(why, f"{type(error).__name__}: {error}")


class ForwardFailed(Exception):  # noqa: N818 - named as the answer to its turn reads
    """A move could not be computed, and nothing has changed; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        """Carry the failure to whoever made the move."""
        super().__init__(failure.detail)
        self.failure = failure


@contextmanager
def computing() -> Iterator[None]:
    """Raise ForwardFailed where a computation raises."""
    try:
        yield
    except AssertionError:
        raise
    except Exception as error:
        raise ForwardFailed(Failure.of(error)) from error
