"""Writing files: each appears whole under its name, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from spec.machine.trace import Trace
from turnstile.bad_input import BadInputError


def check_folder(folder: Path) -> None:
    """Raise BadInputError, before any work is done, if a report cannot be written to `folder`."""
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not nearest.is_dir():
        raise BadInputError(
            f"cannot write a report to {folder}: {nearest} is a file; give a folder."
        )
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise BadInputError(
            f"cannot write a report to {folder}: no permission to write in {nearest}."
        )


def check_file(path: Path) -> None:
    """Raise BadInputError if `path` is no place for a file."""
    check_folder(path.parent)
    if path.is_dir():
        raise BadInputError(f"{path} is a folder; give the name of a file.")


def write(path: Path, text: str) -> Path:
    """Write `text` under another name first, then rename; make the folder if there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def write_trace(folder: Path, name: str, trace: Trace) -> str:
    """Save a failing trace under `folder`; return its path from there.

    Traces of earlier runs stay: they are what a repair is tried on.
    """
    path = write(folder / "traces" / f"{name}.jsonl", trace.dumps())
    return path.relative_to(folder).as_posix()
