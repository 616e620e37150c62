"""A spec text with an edit: the same rules, one bug put in on purpose; or all of it rewritten.

An edit is a piece of the text and what stands in its place: every interpreter meets the same bug.
"""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Callable
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


def source_of(module: str) -> str:
    """Return the text of spec/<module>.py."""
    return (Path(__file__).parent.parent / f"{module}.py").read_text(encoding="utf-8")


def _load(name: str, source: str | ast.Module, origin: str) -> ModuleType:
    spec = importlib.util.spec_from_loader(name, loader=None)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    exec(compile(source, origin, "exec"), vars(module))
    return module


@cache
def variant(*edits: Edit) -> Rules:
    """Return the rules of the edited text. Raise ValueError if an edit does not fit the text."""
    texts = {}
    for module in MODULES:
        source = source_of(module)
        for edit in edits:
            if edit.module == module:
                if source.count(edit.before) != 1:
                    raise ValueError(
                        f"spec/{module}.py has {source.count(edit.before)} places that read\n"
                        f"{edit.before}\nand an edit needs exactly one: bring the edit up to date"
                    )
                source = source.replace(edit.before, edit.after)
        texts[module] = source
    return _read(texts, lambda source, _: source, " (edited)")


def rewritten(rewrite: Callable[[ast.Module], ast.Module]) -> Rules:
    """Return the rules of the text whose syntax is rewritten, module by module."""

    def parsed(source: str, origin: str) -> ast.Module:
        return ast.fix_missing_locations(rewrite(ast.parse(source, origin)))

    return _read({module: source_of(module) for module in MODULES}, parsed, "")


def _read(
    texts: dict[str, str], prepared: Callable[[str, str], str | ast.Module], mark: str
) -> Rules:
    """Read the rules of the given texts, as modules of a package of their own."""
    package = f"spec_variant_{next(_SERIAL)}"
    sys.modules[package] = ModuleType(package)  # so that its states can be sent between processes
    modules = {}
    for module, text in texts.items():
        source, origin = text, f"spec/{module}.py{mark}"
        for other in MODULES:
            source = source.replace(f"from spec.{other} import", f"from {package}.{other} import")
        modules[module] = _load(f"{package}.{module}", prepared(source, origin), origin)
    return read(modules)
