"""All rules of one spec text, by name: what every interpreter, explorer and prover works on."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from spec.language import Action, Atom, Change, Fixed, Ghost, Given, Invariant, Map, Rule, Sometimes

R = TypeVar("R", bound=Rule)

MODULES = ("state", "given", "kv", "requests", "moves", "invariants", "answers", "changes", "cases")
"""The files of the spec text, in reading order."""


@dataclass(frozen=True, eq=False)
class Field:
    """One map of the state: the sorts of its keys and of its values.

    `key_atoms` and `value_atoms` name those that are identities: a name or None for each key; for
    the value a name, None, or a tuple of them where the value is a named tuple.
    """

    name: str
    keys: tuple[Any, ...]
    value: Any
    key_atoms: tuple[str | None, ...]
    value_atoms: str | tuple[str | None, ...] | None
    ghost: bool = False  # only the spec has it

    @classmethod
    def of(cls, name: str, hint: Any) -> Field:
        """Read keys, value and the identities among them off the type of a map."""
        keys, value = get_args(hint)
        keys = get_args(keys) if get_origin(keys) is tuple else (keys,)
        ghost = get_origin(hint) is Ghost
        if isinstance(value, type) and issubclass(value, tuple):
            parts = get_type_hints(value, include_extras=True).values()
            return cls(name, keys, value, tuple(map(_atom, keys)), tuple(map(_atom, parts)), ghost)
        return cls(name, keys, value, tuple(map(_atom, keys)), _atom(value), ghost)


def _atom(sort: Any) -> str | None:
    """Return the name of an identity sort, None for a sort whose values are kept as they are."""
    marks = getattr(sort, "__metadata__", ())
    return marks[0].name if marks and isinstance(marks[0], Atom) else None


@dataclass(frozen=True)
class Rules:
    """Maps, constants, actions and properties, in the order in which the text declares them."""

    fields: dict[str, Field]
    constants: dict[str, Any]
    fixed: dict[str, Field]
    given: dict[str, Given]
    requests: dict[str, Action]
    moves: dict[str, Action]
    invariants: dict[str, Invariant]
    changes: dict[str, Change]
    cases: dict[str, Sometimes]

    @property
    def actions(self) -> dict[str, Action]:
        """Requests and moves."""
        return self.requests | self.moves

    def changes_after(self, action: Action) -> list[Change]:
        """Return the two-state properties that speak of `action`."""
        return [change for change in self.changes.values() if action in change.actions]


def read(modules: dict[str, ModuleType]) -> Rules:
    """Collect the rules of the given modules, keyed by the names of MODULES."""
    fields, constants, fixed = {}, {}, {}
    for name, hint in get_type_hints(modules["state"].State, include_extras=True).items():
        if get_origin(hint) in (Map, Ghost):
            fields[name] = Field.of(name, hint)
        elif get_origin(hint) is Fixed:
            fixed[name] = Field.of(name, hint)
        else:
            constants[name] = hint

    def declared(module: str, kind: type[R]) -> dict[str, R]:
        return {rule.name: rule for rule in vars(modules[module]).values() if type(rule) is kind}

    return Rules(
        fields,
        constants,
        fixed,
        given=declared("given", Given),
        requests=declared("requests", Action),
        moves=declared("moves", Action),
        invariants=declared("invariants", Invariant),
        changes=declared("answers", Change) | declared("changes", Change),
        cases=declared("cases", Sometimes),
    )


@cache
def rules() -> Rules:
    """Return the rules of the spec as it stands."""
    return read({name: importlib.import_module(f"spec.{name}") for name in MODULES})
