"""Engines by name: the project's own, released ones, and anyone's by where its adapter is."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from stateful_tests.engines.blocks import contender as blocks
from stateful_tests.engines.contender import Contender, UnknownEngineError
from stateful_tests.engines.reference.engine import ReferenceEngine
from stateful_tests.engines.sglang import contender as sglang
from stateful_tests.fuzz import Drawn

REFERENCE = Contender("reference", ReferenceEngine, Drawn())
"""The project's own engine, which can do all that the spec speaks of."""

NAMES = "reference, sglang==RELEASE, vllm==RELEASE, or package.module:factory"


def find(name: str) -> Contender:
    """Return the engine of that name. Raises UnknownEngineError, or NotInstalledError."""
    if name == REFERENCE.name:
        return REFERENCE
    if ":" in name:
        return _find_adapter(name)
    if name.startswith("sglang"):
        return sglang.find_release(name)
    if name.startswith(blocks.FAMILIES):
        return blocks.find_release(name)
    raise UnknownEngineError(f"there is no engine {name!r}; give {NAMES}.")


def _find_adapter(name: str) -> Contender:
    """Import `package.module:factory`; a module may lie in the current folder.

    The factory makes an engine for a setting, or is a Contender.
    """
    module, _, factory = name.partition(":")
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.append(here)
    try:
        imported = import_module(module)
    except (ImportError, ValueError) as wrong:
        raise UnknownEngineError(f"engine {name!r} cannot be imported: {wrong}.") from wrong
    if (found := getattr(imported, factory, None)) is None:
        raise UnknownEngineError(f"engine {name!r}: the module {module} has no {factory!r}.")
    if isinstance(found, Contender):
        return replace(found, name=name)
    if not callable(found):
        raise UnknownEngineError(
            f"engine {name!r} is of type {type(found).__name__}; give what makes an engine."
        )
    return Contender(name, found)
