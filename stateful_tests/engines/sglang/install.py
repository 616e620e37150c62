"""Where releases of SGLang are installed, and which ones there are."""

from __future__ import annotations

from pathlib import Path

from stateful_tests.engines.hosting import install as hosting
from stateful_tests.engines.hosting.install import InstallError, Place
from stateful_tests.engines.sglang.releases import RELEASES, requirement

CACHE = Path("~/.cache/turnstile/engines/sglang").expanduser()
"""Where environments and releases are kept: the releases run on Linux only."""


def place_of(release: str, directory: Path = CACHE) -> Place:
    """Return what a release needs, and where it is."""
    known = RELEASES[release]
    return Place(
        requirement=requirement(release),
        packages=known.packages,
        own=known.own,
        environments=directory,
        folder=directory / release,
    )


def installed(directory: Path = CACHE) -> list[str]:
    """Return the releases that are installed, in the order in which they came out."""
    return [release for release in RELEASES if place_of(release, directory).is_there]


def python_of(release: str, directory: Path = CACHE) -> Path:
    """Return the interpreter of a release's environment, whether it is there or not."""
    return place_of(release, directory).python


def folder_of(release: str, directory: Path = CACHE) -> Path:
    """Return the folder that has a release's modules, whether it is there or not."""
    return place_of(release, directory).folder


def install(release: str, directory: Path = CACHE, *, index: str | None = None) -> None:
    """Install a release, and its environment, unless they are there. Raises InstallError."""
    if release not in RELEASES:
        raise InstallError(f"sglang {release} cannot be hosted; these can: {', '.join(RELEASES)}.")
    hosting.install(place_of(release, directory), index=index)
