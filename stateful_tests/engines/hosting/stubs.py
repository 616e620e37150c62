"""Stands in for packages that a release imports but a scheduler on a CPU does not need.

Only what the release itself imports, and only when it is missing, is stubbed: other packages still
find out truthfully what there is.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any


class Nothing(type):
    """A class each attribute of which is another such class: it can be named, not used."""

    def __getattr__(cls, name: str) -> Nothing:
        """Return another such class."""
        if name.startswith("__"):
            raise AttributeError(name)
        return nothing(cls.__module__, name)

    def __or__(cls, _other: object) -> Nothing:
        """Be what a union of types is."""
        return cls

    def __ror__(cls, _other: object) -> Nothing:
        """Be what a union of types is."""
        return cls


def nothing(module: str, name: str) -> Nothing:
    """Return a class that can be derived from, called, subscripted, and used as a decorator."""

    def call(self: object, *args: Any, **_named: Any) -> Any:
        return args[0] if len(args) == 1 and callable(args[0]) else self

    def attribute(_self: object, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return nothing(module, name)()

    body = {
        "__module__": module,
        "__init__": lambda _self, *_args, **_named: None,
        "__call__": call,
        "__getattr__": attribute,
        "__class_getitem__": classmethod(lambda cls, _key: cls),
        "__get_pydantic_core_schema__": classmethod(lambda _cls, *_args: {"type": "any"}),
    }
    return Nothing(name, (), body)


class StubModule(ModuleType):
    """A module that has every name."""

    __version__ = "99.0"

    def __getattr__(self, name: str) -> Nothing:
        """Return a class of that name."""
        if name.startswith("__"):
            raise AttributeError(name)
        value = nothing(self.__name__, name)
        setattr(self, name, value)
        return value


class StubFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds what no other finder found: packages of the list, for modules of the release."""

    def __init__(self, packages: Sequence[str], release: str) -> None:
        self.packages = frozenset(packages)
        self.release = release

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return a stub's spec; None when someone only asks whether the package is there."""
        if fullname.split(".", maxsplit=1)[0] not in self.packages:
            return None
        if not _importer().startswith(self.release):
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> StubModule:
        """Return the module that has every name."""
        module = StubModule(spec.name)
        module.__path__ = []
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Leave the module as it is."""


def _importer() -> str:
    """Return the module of the nearest code outside the import machinery; "" if it only asks."""
    frame = sys._getframe(2)
    while "importlib" in frame.f_code.co_filename:
        if frame.f_code.co_name == "find_spec" and "util" in frame.f_code.co_filename:
            return ""
        if frame.f_back is None:
            return ""
        frame = frame.f_back
    return str(frame.f_globals.get("__name__", ""))
