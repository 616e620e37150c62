"""A spec text with an edit: the same rules, one bug put in on purpose.

An edit is a piece of the text and what stands in its place: every interpreter meets the same bug.
"""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from types import ModuleType

from spec.machine.rules import MODULES, Rules, read

_SERIAL = count()


@dataclass(frozen=True)
class Edit:
    """Replace `before`, which must occur exactly once in spec/<module>.py, by `after`."""

    module: str
    before: str
    after: str


def _source(module: str) -> str:
    return (Path(__file__).parent.parent / f"{module}.py").read_text(encoding="utf-8")


def _load(name: str, source: str, origin: str) -> ModuleType:
    spec = importlib.util.spec_from_loader(name, loader=None)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    exec(compile(source, origin, "exec"), vars(module))
    return module


@cache
def variant(*edits: Edit) -> Rules:
    """Return the rules of the edited text. Raise ValueError if an edit does not fit the text."""
    package = f"spec_variant_{next(_SERIAL)}"
    sys.modules[package] = ModuleType(package)  # so that its states can be sent between processes
    modules = {}
    for module in MODULES:
        source = _source(module)
        for edit in edits:
            if edit.module == module:
                if source.count(edit.before) != 1:
                    raise ValueError(
                        f"spec/{module}.py has {source.count(edit.before)} places that read\n"
                        f"{edit.before}\nand an edit needs exactly one: bring the edit up to date"
                    )
                source = source.replace(edit.before, edit.after)
        for other in MODULES:
            source = source.replace(f"from spec.{other} import", f"from {package}.{other} import")
        modules[module] = _load(f"{package}.{module}", source, f"spec/{module}.py (edited)")
    return read(modules)
