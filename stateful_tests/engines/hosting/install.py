"""Installs a release apart from this program: an environment, and a folder for the release alone.

A release asks for a GPU's worth of packages; it gets the few that its scheduler uses on a CPU.
These are gigabytes: releases that need the same ones share an environment, and each release lies,
alone, in a folder that is put on the path of the process that hosts it.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path


class InstallError(Exception):
    """A release could not be installed; nothing of it is left."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """What is installed for one release, and where."""

    requirement: str  # the release, as a package installer has it
    packages: tuple[str, ...]  # of its environment
    environments: Path  # the folder where that environment is, by what it has
    folder: Path  # has the modules of the release,
    own: tuple[str, ...] = ()  # and these packages beside them,
    without: str = ""  # but no files that match: kernels that no CPU runs

    @property
    def python(self) -> Path:
        """The interpreter of its environment, whether it is there or not."""
        digest = sha256("\n".join(self.packages).encode()).hexdigest()[:8]
        return self.environments / f"environment-{digest}" / "bin" / "python"

    @property
    def is_there(self) -> bool:
        """Whether both are installed."""
        return self.python.exists() and self.folder.exists()


def install(at: Place, *, index: str | None = None) -> None:
    """Install a release, and its environment, unless they are there.

    `index` is one more package index to look at: one with CPU builds of torch saves gigabytes.
    Raises InstallError.
    """
    for folder in (at.environments, at.folder.parent):
        folder.mkdir(parents=True, exist_ok=True)
    options = ["--extra-index-url", index] if index else []
    if not at.python.exists():
        with _whole(at.python.parent.parent) as place:
            _run("make a virtual environment", sys.executable, "-m", "venv", "--without-pip", place)
            built = place / "bin" / "python"
            _pip("install the packages it needs", built, *options, *at.packages)
    if not at.folder.exists():
        with _whole(at.folder) as place:
            aim = f"install {at.requirement.replace('==', ' ')}"
            bare = (at.requirement, *at.own)
            _pip(aim, at.python, *options, "--no-deps", "--target", place, *bare)
            for unused in place.rglob(at.without) if at.without else ():
                unused.unlink()


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """Yield a place to build a folder at, which appears under its name whole or not at all."""
    with tempfile.TemporaryDirectory(prefix=".installing-", dir=folder.parent) as temporary:
        place = Path(temporary) / "built"
        yield place
        try:
            place.rename(folder)
        except OSError:
            if not folder.exists():
                raise
            # another process was quicker, and what it built is as whole


def _pip(aim: str, python: Path, *arguments: str | Path) -> None:
    """Install for an environment's interpreter. Raises InstallError."""
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check")
    _run(aim, *pip, "install", *arguments)


def _run(aim: str, *command: str | Path) -> None:
    """Run a command. Raises InstallError with the end of what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return
    said = (done.stdout + done.stderr).strip()
    if lacking := re.search(r"No matching distribution found for (\S+)", said):
        here = f"Python {sys.version_info.major}.{sys.version_info.minor} on this machine"
        raise InstallError(f"Could not {aim}: no package index has {lacking[1]} for {here}.")
    raise InstallError("\n".join([f"Could not {aim}. The command said:", *said.splitlines()[-8:]]))
