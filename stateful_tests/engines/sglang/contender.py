"""Hosted releases by name: `sglang==0.5.11`, or with modes, `sglang==0.5.11[unified,overlap]`."""

from __future__ import annotations

import atexit
import re
from functools import cache
from typing import Any

from stateful_tests.engines.contender import Contender, NotInstalledError, UnknownEngineError
from stateful_tests.engines.hosting.client import Client
from stateful_tests.engines.sglang.adapter import SGLangEngine
from stateful_tests.engines.sglang.drawn import DRAWN, hosted
from stateful_tests.engines.sglang.findings.known import FINDINGS
from stateful_tests.engines.sglang.install import folder_of, installed, python_of
from stateful_tests.engines.sglang.releases import HOST, RELEASES, RUST, UNIFIED
from stateful_tests.lockstep import Avoid
from stateful_tests.setting import Setting

NAME = re.compile(r"sglang==([\w.]+)(?:\[([\w,\s]*)\])?")

LOOPS = {"overlap": 1, "normal": 0}
"""The scheduling loops; it is drawn which one runs where none is named."""

CACHES = {"unified": UNIFIED, "rust": RUST}
"""The prefix caches that are named; where none is, it is the plain one, or all that there is."""

MODES = (*CACHES, "mixed", *LOOPS)


def find_release(name: str, planted: str = "") -> Contender:
    """Return a hosted release; `planted` names a bug that it is to have (host/planted).

    Raises UnknownEngineError, or NotInstalledError.
    """
    read = NAME.fullmatch(name)
    if read is None or read[1] not in RELEASES:
        known = ", ".join(f"sglang=={release}" for release in RELEASES)
        raise UnknownEngineError(f"there is no engine {name!r} to host; choose one of {known}.")
    release, modes = read[1], _modes(name, read[2] or "")
    _check_cache(name, release, modes)
    if release not in installed():
        raise NotInstalledError(
            f"sglang=={release} is not installed; install it with "
            f"`turnstile engines install sglang=={release}`."
        )
    world: dict[str, Any] = {
        "planted": planted,
        "unified": bool(modes & {"unified", "rust"}),
        "rust_core": "rust" in modes,
        "mixed": "mixed" in modes,
        "clips_to_pool": RELEASES[release].clips_to_pool,
    }

    def make(setting: Setting) -> SGLangEngine:
        return SGLangEngine(_client(release), hosted(setting, **world))

    overlap = next((LOOPS[mode] for mode in modes if mode in LOOPS), None)
    return Contender(name, make, DRAWN, overlap, _known(release))


def _known(release: str) -> Avoid:
    """Return what leads to any finding of a release."""
    avoided = tuple({finding.avoided for finding in FINDINGS if release in finding.releases})
    return lambda state, step: any(avoid(state, step) for avoid in avoided)


def _modes(name: str, text: str) -> set[str]:
    modes = {mode.strip() for mode in text.split(",") if mode.strip()}
    if unknown := sorted(modes - set(MODES)):
        raise UnknownEngineError(
            f"{name} has no mode {unknown[0]!r}; choose among {', '.join(MODES)}."
        )
    if modes >= LOOPS.keys():
        raise UnknownEngineError(f"{name} names two loops; choose one of {', '.join(LOOPS)}.")
    return modes


def _check_cache(name: str, release: str, modes: set[str]) -> None:
    """Raise UnknownEngineError for a prefix cache that the release does not have."""
    for mode in sorted(modes & CACHES.keys()):
        if CACHES[mode] not in RELEASES[release].caches:
            caches = ", ".join(RELEASES[release].caches)
            raise UnknownEngineError(f"{name}: this release has no such cache, but {caches}.")


@cache
def _client(release: str) -> Client:
    """Return the one process of a release; it ends when this one does."""
    client = Client(python_of(release), folder_of(release), HOST)
    atexit.register(client.stop)
    return client
