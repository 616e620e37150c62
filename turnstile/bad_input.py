"""What a command was given and cannot work with, in one sentence that says what would do."""

from __future__ import annotations

import math
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from impl.config import EngineConfig


class BadInputError(ValueError):
    """An argument that cannot be used: what is wrong, and what would be right."""


def check_known(kind: str, name: str, known: Iterable[str]) -> None:
    """Raise BadInputError unless `name` is known; the sentence lists the closest names, or all."""
    names = list(known)
    if name in names:
        return
    if close := get_close_matches(name, names, n=4, cutoff=0.5):
        raise BadInputError(f"there is no {kind} {name!r}; did you mean {' or '.join(close)}?")
    raise BadInputError(f"there is no {kind} {name!r}; choose one of {', '.join(names)}.")


def check_new_file(path: Path, option: str) -> None:
    """Raise BadInputError unless a file can be made there that is not there yet."""
    if path.exists():
        raise BadInputError(f"{option} names {path}, which is there already; give a new file.")
    if not path.parent.is_dir():
        raise BadInputError(f"{option} names {path}, but there is no folder {path.parent}.")


def check_seconds(seconds: float) -> None:
    """Raise BadInputError for a time in which nothing can be done."""
    if math.isnan(seconds) or seconds <= 0:
        raise BadInputError(f"--seconds is {seconds:g}; give a number above 0.")


def check_at_least(option: str, value: int, least: int) -> None:
    """Raise BadInputError for a number that is too small."""
    if value < least:
        raise BadInputError(f"{option} is {value}; give at least {least}.")


def check_rate(option: str, rate: float) -> None:
    """Raise BadInputError for what is no share of a whole."""
    if not 0 <= rate <= 1:
        raise BadInputError(f"{option} is {rate:g}; give a number from 0 to 1.")


def check_device(device: str) -> None:
    """Raise ConfigError for a device that is unknown or not here."""
    EngineConfig(device=device)
