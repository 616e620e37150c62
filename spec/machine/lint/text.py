"""What a spec text declares, read off its source: nothing of it is run."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from spec.machine.lint import traits
from spec.machine.lint.traits import called
from spec.machine.lint.words import LANGUAGE, NUMBERS
from spec.machine.rules import MODULES


@dataclass(frozen=True)
class Cells:
    """A declared map: the sorts of its keys and values."""

    keys: tuple[str, ...]
    value: str
    fixed: bool


@dataclass(frozen=True, eq=False)
class Function:
    """A function of the text: a rule, or a helper of rules. Sorts are named as annotations are."""

    module: str
    node: ast.FunctionDef

    @property
    def kind(self) -> str:
        """The word that declares it, or `helper`."""
        heads = [d.func if isinstance(d, ast.Call) else d for d in self.node.decorator_list]
        return ast.unparse(heads[0]) if heads else "helper"

    @property
    def params(self) -> dict[str, str]:
        """The sorts of its parameters, of which the first are states."""
        return {a.arg: _written(a.annotation) for a in self.node.args.args}

    @property
    def own(self) -> dict[str, str]:
        """The sorts of what a property wants to know of the step: its parameters behind `*`."""
        return {a.arg: _written(a.annotation) for a in self.node.args.kwonlyargs}

    @property
    def result(self) -> str:
        """The sort of what it returns."""
        return _written(self.node.returns)


def _written(node: ast.expr | None) -> str:
    return ast.unparse(node) if node else ""


def sources() -> dict[str, str]:
    """Return the spec text as it stands, by module."""
    folder = Path(__file__).parents[2]
    return {m: (folder / f"{m}.py").read_text(encoding="utf-8") for m in MODULES}


class Text:
    """What the modules of a spec text declare. Raises SyntaxError where one is not Python."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.trees = {m: ast.parse(text, f"spec/{m}.py") for m, text in texts.items()}
        self.functions: dict[str, Function] = {}
        self.atoms: set[str] = set()
        self.enums: dict[str, list[str]] = {}
        self.records: dict[str, tuple[str, ...]] = {}
        self.maps: dict[str, Cells] = {}
        self.constants: dict[str, str] = {}
        self.groups: dict[str, list[str]] = {}  # of actions, or other names
        self._done: dict[str, frozenset[str]] = {}
        for module, tree in self.trees.items():
            for node in tree.body:
                if isinstance(node, ast.FunctionDef):
                    self.functions[node.name] = Function(module, node)
                elif isinstance(node, ast.ClassDef):
                    self._declare(node)
                elif isinstance(node, ast.Assign) and is_atom(node):
                    self.atoms.add(ast.unparse(node.targets[0]))
                elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
                    self.groups[ast.unparse(node.targets[0])] = list(
                        map(ast.unparse, node.value.elts)
                    )

    def _declare(self, node: ast.ClassDef) -> None:
        hints = {
            ast.unparse(n.target): n.annotation for n in node.body if isinstance(n, ast.AnnAssign)
        }
        match [ast.unparse(base) for base in node.bases]:
            case ["StrEnum"]:
                members = [n.targets[0] for n in node.body if isinstance(n, ast.Assign)]
                self.enums[node.name] = [ast.unparse(member) for member in members]
            case ["NamedTuple"]:
                self.records[node.name] = tuple(map(ast.unparse, hints.values()))
            case ["Words"]:
                for name, hint in hints.items():
                    self._declare_field(name, hint)

    def _declare_field(self, name: str, hint: ast.expr) -> None:
        if not isinstance(hint, ast.Subscript):
            self.constants[name] = ast.unparse(hint)
            return
        assert isinstance(hint.slice, ast.Tuple)
        keys, value = hint.slice.elts
        several = isinstance(keys, ast.Subscript) and keys.slice
        each = several.elts if isinstance(several, ast.Tuple) else [keys]
        fixed = ast.unparse(hint.value) == "Fixed"
        self.maps[name] = Cells(tuple(map(ast.unparse, each)), ast.unparse(value), fixed)

    @property
    def sorts(self) -> set[str]:
        """The names of everything that a parameter may be."""
        return {"bool", *NUMBERS, *self.atoms, *self.enums, *self.records}

    def actions_of(self, function: Function) -> list[Function]:
        """Return the actions that a property names in its decorator, those in groups as well."""
        names: list[str] = []
        for head in function.node.decorator_list:
            for each in head.args if isinstance(head, ast.Call) else []:
                group = isinstance(each, ast.Starred) and self.groups.get(ast.unparse(each.value))
                names += group or [ast.unparse(each)]
        return [self.functions[name] for name in names if name in self.functions]

    def ranges_over(self, sort: str) -> bool:
        """Whether a world has finitely many values of `sort`, to check a property for each."""
        return sort in self.atoms or sort == "Index"

    def does(self, name: str) -> frozenset[str]:
        """Return what a call of `name` may do to a run: keys of SUMMARIES."""
        if name in LANGUAGE:
            return frozenset({"forks", LANGUAGE[name]} - {""})
        if name not in self._done and name in self.functions:
            self._done[name] = frozenset()  # a function that calls itself is reported elsewhere
            nodes = [n for line in self.functions[name].node.body for n in ast.walk(line)]
            own = {trait for node in nodes for trait in traits.does(node)}
            self._done[name] = frozenset(own.union(*map(self.does, called(nodes))))
        return self._done.get(name, frozenset())

    def calls(self, name: str, seen: frozenset[str] = frozenset()) -> set[str]:
        """Return the functions of the text that `name` calls, and those they call."""
        direct = called(ast.walk(self.functions[name].node)) & self.functions.keys()
        return direct.union(*(self.calls(d, seen | direct) for d in direct - seen))


def is_atom(node: ast.Assign) -> bool:
    """Whether a line declares a sort of identities."""
    return ast.unparse(node.value).startswith("Annotated[int, Atom(")
