"""Which releases of other engines can be hosted, where each is, and what it needs beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from stateful_tests.engines.hosting.install import Place
from stateful_tests.engines.sglang.install import CACHE as SHARED
from stateful_tests.engines.sglang.releases import LIGHT, LOOPS

CACHE = SHARED.parent
"""Where the releases of each engine have a folder."""

HOSTS = "stateful_tests.engines.blocks.host"


@dataclass(frozen=True, kw_only=True)
class Release:
    """One release of an engine, and what of the spec it has."""

    name: str  # of the package
    version: str
    module: str  # that it is imported as
    host: str  # the module of ours that serves it
    packages: tuple[str, ...]
    environments: Path
    without: str = ""
    is_vllm: bool = False

    @property
    def loops(self) -> tuple[str, ...]:
        """Its scheduling loops."""
        return LOOPS if self.is_vllm else LOOPS[:1]

    @property
    def requirement(self) -> str:
        """Its name for a package installer, and on the command line."""
        return f"{self.name}=={self.version}"

    @property
    def place(self) -> Place:
        """What is installed for it, and where."""
        return Place(
            requirement=self.requirement,
            packages=self.packages,
            environments=self.environments,
            folder=CACHE / self.name / self.version,
            without=self.without,
        )


def _nano(name: str, version: str, module: str) -> Release:
    return Release(
        name=name,
        version=version,
        module=module,
        host=f"{HOSTS}.nano",
        packages=("numpy", "xxhash"),
        environments=CACHE / "nano-vllm",
    )


def _vllm(version: str) -> Release:
    """Return a release of vLLM. Its scheduler needs what those of SGLang do: they share that."""
    return Release(
        name="vllm",
        version=version,
        module="vllm",
        host=f"{HOSTS}.vllm",
        packages=LIGHT,
        environments=SHARED,
        without="*.so",
        is_vllm=True,
    )


RELEASES = MappingProxyType(
    {
        release.requirement: release
        for release in (
            _vllm("0.33.0"),
            _nano("nano-vllm-npu", "0.0.2", "nanovllmnpu"),
            _nano("nano-vllm-fork", "20260210", "nanovllm"),
        )
    }
)
"""The releases that can be hosted, by requirement.

nano-vllm itself is in no package index. The first of its builds is for other kernels; the second
says that it changed block manager and scheduler as well.
"""


def installed() -> list[str]:
    """Return the releases that are installed."""
    return [name for name, release in RELEASES.items() if release.place.is_there]
