"""Installs releases, and tells which ones there are.

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
from hashlib import sha256
from pathlib import Path

from stateful_tests.engines.sglang.releases import RELEASES, requirement

CACHE = Path("~/.cache/turnstile/engines/sglang").expanduser()
"""Where environments and releases are kept: the releases run on Linux only."""


class InstallError(Exception):
    """A release could not be installed; nothing of it is left."""


def installed(directory: Path = CACHE) -> list[str]:
    """Return the releases that are installed, in the order in which they came out."""
    return [
        release
        for release in RELEASES
        if python_of(release, directory).exists() and folder_of(release, directory).exists()
    ]


def python_of(release: str, directory: Path = CACHE) -> Path:
    """Return the interpreter of a release's environment, whether it is there or not."""
    packages = "\n".join(RELEASES[release].packages).encode()
    return directory / f"environment-{sha256(packages).hexdigest()[:8]}" / "bin" / "python"


def folder_of(release: str, directory: Path = CACHE) -> Path:
    """Return the folder that has a release's modules, whether it is there or not."""
    return directory / release


def install(release: str, directory: Path = CACHE, *, index: str | None = None) -> None:
    """Install a release, and its environment, unless they are there.

    `index` is one more package index to look at: one with CPU builds of torch saves gigabytes.
    Raises InstallError.
    """
    if release not in RELEASES:
        raise InstallError(f"sglang {release} cannot be hosted; these can: {', '.join(RELEASES)}.")
    directory.mkdir(parents=True, exist_ok=True)
    options = ["--extra-index-url", index] if index else []
    python, folder = python_of(release, directory), folder_of(release, directory)
    if not python.exists():
        with _whole(python.parent.parent) as place:
            _run("make a virtual environment", sys.executable, "-m", "venv", "--without-pip", place)
            built = place / "bin" / "python"
            _pip("install the packages it needs", built, *options, *RELEASES[release].packages)
    if not folder.exists():
        with _whole(folder) as place:
            bare = (requirement(release), *RELEASES[release].own)
            _pip(
                f"install sglang {release}", python, *options, "--no-deps", "--target", place, *bare
            )


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """Yield a place to build a folder at, which appears under its name whole or not at all."""
    with tempfile.TemporaryDirectory(prefix=".installing-", dir=folder.parent) as temporary:
        place = Path(temporary) / "built"
        yield place
        place.rename(folder)


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
